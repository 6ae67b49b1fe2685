import HookKit

/// Records which image every tag names.
struct TrackTags: Rule {
    static let configuration = RuleConfiguration(
        name: "track-tags",
        abstract: "Record which image every tag names now, and which build put it there.",
        discussion: """
            Each matching tag is written to the ledger with its image ID, its digest in the registry where the engine knows it, the commit, \
            the branch, the pipeline, the job's URL and the engine. The ledger is what tells later why an image lost its tag; the engine itself \
            forgets. Run it after each build, and once before the first. A pattern of 'images' that matches no tag is reported as skipped.
            """,
        effect: .observes,
        examples: TrackTagsExamples.all
    )

    @Setting(help: "Tags to record.") var images: [ReferencePattern] = [.everything]

    func validate() throws(RuleValidationError) { try images.checkTags("images") }

    func run(in context: RuleContext) async throws {
        let engine = try await context.engine
        // The engine works on its answer while the ledger is opened.
        async let listingAnswer = engine.images(.sharedByObservers)
        async let identityAnswer = engine.identity
        let ledger = try await context.ledger
        async let recording: Void = Self.recordEvents(of: engine, in: ledger, context)
        let listing = try await listingAnswer
        let identity = try await identityAnswer
        let observations = listing.flatMap { image in
            image.references.filter { reference in images.contains { $0.matches(reference) } }.map { reference in
                let digest = image.manifestDigest(for: reference, on: identity)
                return (reference.description, TagObservation(reference: reference, image: image.id, manifestDigest: digest))
            }
        }.sorted { $0.0 < $1.0 }.map(\.1)
        try await recording
        let changes: [TagChange]
        if context.isDryRun {
            changes = try await ledger.compare(observations, on: identity)
        } else {
            changes = try await ledger.record(observations, on: identity, by: context.environment.build, at: context.environment.now())
        }
        for change in changes { context.report(Self.finding(change)) }
        let unmatched = UnmatchedPatterns(among: listing.flatMap(\.references))
        for pattern in unmatched.among(images) { context.report(unmatched.finding(pattern, "no tag on this engine matches it")) }
        for image in listing {
            for name in image.unreadableReferences {
                context.report(
                    .skipped(
                        subject: name,
                        type: "unreadable",
                        message: "is no valid reference, so \(image.id.short) is not recorded under it"
                    )
                )
            }
        }
    }

    /// Writes what the engine remembers, which may be gone tomorrow; nothing in a dry run.
    private static func recordEvents(of engine: any ContainerEngine, in ledger: any TagLedger, _ context: RuleContext) async throws {
        if context.isDryRun { return }
        async let identity = engine.identity
        let events = try await engine.recentEvents(.sharedByObservers)
        try await ledger.record(events, on: identity)
    }

    private static func finding(_ change: TagChange) -> Finding {
        let observation = change.observation
        let subject = observation.reference.description
        var evidence: [JSONValue.Member] = [
            .init("reference", .string(subject)), .init("image", .string(observation.image.description)),
        ]
        if let digest = observation.manifestDigest { evidence.append(.init("manifestDigest", .string(digest.description))) }
        let short = observation.image.short
        switch change.kind {
        case .new:
            return .passed(subject: subject, type: "new", message: "names \(short), seen for the first time", evidence: .object(evidence))
        case .unchanged:
            return .passed(subject: subject, type: "unchanged", message: "still names \(short)", evidence: .object(evidence))
        case .moved(let old):
            evidence.append(.init("previousImage", .string(old.image.description)))
            return .passed(
                subject: subject,
                type: "moved",
                message: "moved from \(old.image.short) to \(short)",
                details: [
                    "it was on \(old.image.short) from \(old.firstSeen) to \(old.lastSeen), first by \(old.firstBuild.shortDescription)"
                ],
                evidence: .object(evidence)
            )
        }
    }
}

extension EngineImage {
    /// The digest of the image's manifest or index in the reference's repository, where the engine knows it.
    func manifestDigest(for reference: ImageReference, on engine: EngineIdentity) -> Digest? {
        if engine.imageStore == .containerd { return id }
        if repositoryDigests.isEmpty { return nil }
        let digests = Set(repositoryDigests.filter { $0.name == reference.name }.compactMap(\.digest))
        // Several digests in one repository: nothing says which of them the tag meant.
        return digests.count == 1 ? digests.first : nil
    }
}
