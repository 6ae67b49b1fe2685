import HookKit
import Runner

/// The data of the page's script: short names and lists instead of members, because ten thousand findings stand in it.
///
///     {
///       "stages":   [[number, name, rule, reclaimed bytes, planned bytes or -1]],
///       "types":    [type],
///       "findings": [[stage, outcome, type, subject, message, bytes or -1, [detail], remedy, details left out]],
///       "omitted":  findings left out,
///       "images":   [short ID],                       whatever generations name
///       "builds":   [description],
///       "tags":     [[name, [[image, first seen, last seen, first build, last build, sightings]]]],     times in seconds
///       "otherTags": tags left out, "ledger": why nothing is known of tags, or ""
///       "storage":  [{ stage, root, reclaimed, isInTrash, kept, shared, unreferenced, repositories: [[name, bytes, reclaimable bytes]], others,
///                     otherBytes, tags: [[name, bytes]],
///                     reclaimable: [all, of shared, of unreferenced, of uploads, of others] or null }]
///     }
///
/// Stage, type, image and build are places in their lists; an outcome is 0 error, 1 failed, 2 passed, 3 skipped. What failed comes first.
struct HTMLData {
    /// How many findings a page holds, and how many bytes of details.
    private static let (findingLimit, detailLimit) = (50_000, 8 << 20)
    private static let detailsPerFinding = 100
    private static let outcomes: [Finding.Outcome] = [.error, .failed, .passed, .skipped]

    private let result: RunResult
    private let history: RecordedTags?

    /// Takes what the page is about.
    init(_ result: RunResult, _ history: RecordedTags?) {
        self.result = result
        self.history = history
    }

    /// The data as one value.
    var json: JSONValue {
        var types = Numbers()
        let (findings, omitted) = findings(&types)
        var (images, builds) = (Numbers(), Numbers())
        let tags = tags(&images, &builds)
        return [
            "stages": .array(result.stages.map(stage)),
            "types": types.json,
            "findings": .array(findings),
            "omitted": .integer(omitted),
            "images": images.json,
            "builds": builds.json,
            "tags": .array(tags),
            "otherTags": .integer(history?.otherTags ?? 0),
            "ledger": .string(history?.problem.map { VisibleText.line($0) } ?? ""),
            "storage": .array(result.stages.enumerated().flatMap { storage($1, $0) }),
        ]
    }

    /// Texts with their places in a list.
    private struct Numbers {
        private var places: [String: Int] = [:]
        private var texts: [JSONValue] = []

        var json: JSONValue { .array(texts) }

        mutating func place(of text: String) -> JSONValue {
            if let place = places[text] { return .integer(place) }
            places[text] = texts.count
            texts.append(.string(text))
            return .integer(texts.count - 1)
        }
    }

    private func stage(_ stage: StageResult) -> JSONValue {
        [
            .integer(stage.stage.number), .string(VisibleText.line(stage.stage.name, limit: 300)),
            .string(VisibleText.line(stage.stage.rule, limit: 100)), .integer(Int(stage.reclaimed.bytes)),
            .integer(PlannedSpace.of(stage).map { Int($0.bytes) } ?? -1),
        ]
    }

    private func findings(_ types: inout Numbers) -> (shown: [JSONValue], omitted: Int) {
        var shown: [JSONValue] = []
        var total = 0
        var room = Self.detailLimit
        for (number, outcome) in Self.outcomes.enumerated() {
            for (place, stage) in result.stages.enumerated() {
                for finding in stage.findings where finding.outcome == outcome {
                    total += 1
                    if shown.count == Self.findingLimit { continue }
                    var details = finding.details.prefix(Self.detailsPerFinding).map { VisibleText.line($0, limit: 1000) }
                    let size = details.reduce(0) { $0 + $1.utf8.count }
                    if size > room { details = [] } else { room -= size }
                    shown.append([
                        .integer(place), .integer(number), types.place(of: VisibleText.line(finding.type, limit: 100)),
                        .string(VisibleText.line(finding.subject, limit: 600)), .string(VisibleText.line(finding.message, limit: 2000)),
                        .integer(finding.bytes.map { Int($0.bytes) } ?? -1), .array(details.map { .string($0) }),
                        .string(finding.remedy.map { VisibleText.lines($0, limit: 4000).joined(separator: "\n") } ?? ""),
                        .integer(finding.details.count - details.count),
                    ])
                }
            }
        }
        return (shown, total - shown.count)
    }

    private func tags(_ images: inout Numbers, _ builds: inout Numbers) -> [JSONValue] {
        var out: [JSONValue] = []
        for tag in history?.tags ?? [] {
            var generations: [JSONValue] = []
            for generation in tag.generations {
                generations.append([
                    images.place(of: generation.image.short), .integer(Int(generation.firstSeen.seconds)),
                    .integer(Int(generation.lastSeen.seconds)), builds.place(of: Self.text(generation.firstBuild)),
                    builds.place(of: Self.text(generation.lastBuild)), .integer(generation.sightings),
                ])
            }
            out.append([.string(VisibleText.line(tag.name, limit: 600)), .array(generations)])
        }
        return out
    }

    private static func text(_ build: BuildRecord) -> String { VisibleText.line(build.shortDescription, limit: 300) }

    private func storage(_ stage: StageResult, _ place: Int) -> [JSONValue] {
        stage.findings.compactMap { finding in
            guard let use = StorageUse(finding) else { return nil }
            // What a dry run would give back is still there.
            let gone = use.reclaimable == nil ? finding.bytes ?? .zero : .zero
            return [
                "stage": .integer(place),
                "root": .string(VisibleText.line(use.root, limit: 600)),
                "reclaimed": .integer(Int(gone.bytes)),
                "isInTrash": .boolean(use.reclaimable?.goesToTrash ?? (gone > .zero && stage.reclaimed == .zero)),
                "kept": .integer(use.kept),
                "shared": .integer(use.shared),
                "unreferenced": .integer(use.unreferenced),
                "repositories": .array(
                    use.repositories.map {
                        [.string(VisibleText.line($0.name, limit: 600)), .integer($0.bytes), .integer($0.reclaimable)]
                    }
                ),
                "others": .integer(use.otherRepositories),
                "otherBytes": .integer(use.otherBytes),
                "tags": .array(use.tags.map { [.string(VisibleText.line($0.name, limit: 600)), .integer($0.bytes)] }),
                "reclaimable": use.reclaimable.map {
                    [.integer($0.all), .integer($0.shared), .integer($0.unreferenced), .integer($0.uploads), .integer($0.others)]
                } ?? .null,
            ]
        }
    }
}
