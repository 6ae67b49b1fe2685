import HookKit
import HookTesting
import Testing

@testable import RegistryRules

/// Tests of `registry-retention`: what it deletes and keeps, and what it does when the registry changes under it.
protocol RetentionSuite {}

extension RetentionSuite {
    static var basic: ConfigValue { ["registry": "registry.local:5000", "delete": ["*:pr-*"]] }

    static func registry(
        _ tags: [String: Character],
        _ images: [ExampleRegistry.Image]? = nil,
        _ deletion: RegistryDeletionSupport = .manifests
    ) -> ExampleRegistry {
        let made = images ?? Set(tags.values).sorted().map { .image($0, daysOld: 9) }
        return ExampleRegistry(tags: tags.mapValues { .example($0) }, images: made, deletion: deletion)
    }

    /// Every tag that is left leads to all that it held.
    static func expectWhole(_ left: ExampleRegistry, _ before: ExampleRegistry, _ note: Comment) {
        let there = Set(left.images.map(\.manifest.digest))
        for (tag, digest) in left.tags {
            #expect(before.tags[tag] == digest, note)
            var open = [digest]
            while let next = open.popLast() {
                #expect(there.contains(next), note)
                open += left.images.first { $0.manifest.digest == next }?.manifest.children.map(\.digest) ?? []
            }
            #expect(!tag.contains(":keep") || before.tags[tag] != nil, note)
        }
        for tag in before.tags.keys where tag.contains(":keep") { #expect(left.tags[tag] != nil, note) }
        // A signature lives exactly as long as what it signs has a tag, or is held by something that has one.
        let live = left.tags.filter { !$0.key.hasSuffix(".sig") }.values
        let reached = live.reduce(into: Set<Digest>()) { all, digest in
            all.insert(digest)
            all.formUnion(before.images.first { $0.manifest.digest == digest }?.manifest.children.map(\.digest) ?? [])
        }
        for (tag, _) in before.tags where tag.hasSuffix(".sig") {
            guard let subject = RepositoryPlanner.subject(ofTag: String(tag.split(separator: ":")[1])) else { continue }
            if reached.contains(subject) { #expect(left.tags[tag] != nil, note) }
        }
    }

    static func random(_ random: inout SplitMix, _ deletion: RegistryDeletionSupport) -> ExampleRegistry {
        let digits = Array("12345678")
        var images = digits.map { ExampleRegistry.Image.image($0, daysOld: Int64.random(in: 1...40, using: &random)) }
        images.append(.index("9", of: (0..<2).map { _ in digits.randomElement(using: &random) ?? "1" }))
        images.append(.index("a", of: (0..<3).map { _ in digits.randomElement(using: &random) ?? "1" }))
        var tags: [String: Digest] = [:]
        for number in 0..<Int.random(in: 1...12, using: &random) {
            let name = ["v\(number)", "keep\(number)", "pr-\(number)"].randomElement(using: &random) ?? ""
            tags["a:\(name)"] = images.randomElement(using: &random)?.manifest.digest
        }
        for digit in "bcd" {
            let subject = images.randomElement(using: &random)?.manifest.digest ?? .example("1")
            images.append(.image(digit, daysOld: 1, subject: subject))
            if Bool.random(using: &random) { tags["a:sha256-\(subject.hex).sig"] = .example(digit) }
        }
        return ExampleRegistry(tags: tags, images: images, deletion: deletion)
    }
}
