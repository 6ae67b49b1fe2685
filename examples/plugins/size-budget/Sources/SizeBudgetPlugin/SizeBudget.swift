import HookKit

/// Fails images that outgrow their budget.
struct SizeBudget: Rule {
    static let configuration = RuleConfiguration(
        name: "size-budget",
        abstract: "Fail when an image outgrows its budget.",
        discussion: """
            Each finding says how much the image grew since the tag named another one: the ledger knows which image that was (run `track-tags` \
            after every build), and the engine its size, as long as it is there.
            """,
        effect: .observes,
        examples: SizeBudgetExamples.all
    )

    @Setting(help: "Images to check.") var images: [ReferencePattern]
    @Setting(help: "Largest size allowed.") var limit: ByteSize = "500MB"

    func run(in context: RuleContext) async throws {
        let engine = try await context.engine
        let ledger = try await context.ledger
        let identity = try await engine.identity
        let listing = try await engine.images(.sharedByObservers)
        let sizes = Dictionary(listing.map { ($0.id, $0.size) }) { first, _ in first }
        let tagged = listing.flatMap { image in image.references.map { (reference: $0, image: image) } }
            .filter { tag in images.contains { $0.matches(tag.reference) } }
            .sorted { $0.reference < $1.reference }
        let history = try await ledger.generations(of: tagged.map(\.reference), on: identity)
        for (number, tag) in tagged.enumerated() {
            try Task.checkCancellation()
            let before = history[tag.reference]?.last { $0.image != tag.image.id }
            context.report(finding(tag.reference, tag.image, before: before, sizes: sizes))
            context.progress(completed: number + 1, total: tagged.count)
        }
        for pattern in images where !tagged.contains(where: { pattern.matches($0.reference) }) {
            context.report(.skipped(subject: pattern.description, type: "no-match", message: "no image matches the pattern"))
        }
    }

    private func finding(
        _ reference: ImageReference,
        _ image: EngineImage,
        before: TagGeneration?,
        sizes: [Digest: ByteSize]
    ) -> Finding {
        var details: [String] = []
        if let before {
            details.append("until \(before.lastSeen) it was \(before.image.short), last by \(before.lastBuild.shortDescription)")
            details.append(growth(of: image, since: sizes[before.image]))
        }
        guard image.size > limit else {
            return .passed(
                subject: reference.description,
                type: "within-budget",
                message: "takes \(image.size) of the \(limit) that are allowed",
                details: details,
                bytes: image.size
            )
        }
        return .failed(
            subject: reference.description,
            type: "over-budget",
            message: "takes \(image.size), \(image.size - limit) more than the \(limit) that are allowed",
            details: details,
            remedy: "docker history --no-trunc \(reference)",
            bytes: image.size
        )
    }

    private func growth(of image: EngineImage, since before: ByteSize?) -> String {
        guard let before else { return "that image is not on the engine any more, so its size is not known" }
        if image.size > before { return "it grew by \(image.size - before), from \(before)" }
        if image.size < before { return "it shrank by \(before - image.size), from \(before)" }
        return "its size did not change"
    }
}
