import HookKit

/// Finds every tag that moved and every `<none>` image, and says why.
struct DetectOverwritten: Rule {
    static let configuration = RuleConfiguration(
        name: "detect-overwritten",
        abstract: "Find every tag that moved and every `<none>` image, and name the cause of each.",
        discussion: """
            An image that lost its tag is reported under that tag, one that lost several, under each; one that never had any, under its short \
            ID. The cause comes from the engine, \
            its events, its containers and the ledger, and each finding lists the evidence. A tag that moved while its image before has another \
            name, or is gone, is reported too. Parents of other images are harmless and pass. A finding whose tag matches 'allow' passes. A pattern \
            of 'images' that matches neither a tag of the engine nor one that the ledger knows is reported as skipped.
            """,
        effect: .observes,
        preparations: [.diskUsage],
        examples: DetectOverwrittenExamples.all
    )

    @Setting(help: "Tags to judge; images whose lost tag is not known are judged when a pattern is '*'.") var images: [ReferencePattern] = [
        .everything
    ]
    @Setting(help: "Tags that may move, such as '*:latest'.") var allow: [ReferencePattern] = []
    @Setting(help: "Causes that are a failure.") var failOn: [UntaggedCause] = UntaggedCause.failing

    func validate() throws(RuleValidationError) {
        try images.checkTags("images")
        try allow.checkTags("allow")
    }

    func run(in context: RuleContext) async throws {
        async let sizesAnswer = SharedSizes.gather(in: context)
        let (snapshot, listing) = try await EngineSnapshot.gather(in: context)
        let finder = CauseFinder(snapshot)
        let explanations = listing.filter(\.isUntagged).flatMap { image in
            let losses = finder.lossesByEvents(of: image, in: context.environment.build.run, isMeant: isInScope)
            let found = (finder.explain(image, isMeant: isInScope) + losses).filter { isInScope($0.lostTag) }
            // Of several lost tags, one that may not move comes first: the image's bytes stand there.
            return found.filter { !isAllowed($0.lostTag) } + found.filter { isAllowed($0.lostTag) }
        }
        let losers = explanations.reduce(into: [ImageReference: Set<Digest>]()) { result, explanation in
            if let tag = explanation.lostTag { result[tag, default: []].insert(explanation.image.id) }
        }
        // That a parent of other images is harmless says nothing of the tag that it lost.
        let explained = Set(
            explanations.filter { $0.cause != .intermediate }
                .compactMap { explanation in explanation.lostTag.map { Move(reference: $0, from: explanation.image.id) } }
        )
        let moves = moves(in: snapshot, context).filter { !explained.contains(Move(reference: $0.reference, from: $0.old.image)) }
            .sorted { $0.reference < $1.reference }
        // The sizes come last: all else is known before the engine has added them up.
        let sizes = try await sizesAnswer
        var counted: [Digest: String] = [:]
        for explanation in explanations {
            let isShared = explanation.lostTag.map { losers[$0, default: []].count > 1 } ?? false
            // What other images are built on has nothing of its own, as the line of the parent says.
            let isParent = snapshot.children[explanation.image.id] != nil
            let own = isParent ? .zero : sizes.ownSize(of: explanation.image)
            let other = counted[explanation.image.id]
            let found = finding(explanation, ownSize: own, isParent: isParent, isShared: isShared, countedUnder: other)
            if explanation.cause != .intermediate { counted[explanation.image.id] = counted[explanation.image.id] ?? found.subject }
            context.report(found)
        }
        for move in moves { context.report(finding(move, in: snapshot)) }
        try await reportUnmatched(in: snapshot, lost: explanations.compactMap(\.lostTag), context)
    }

    /// Says of each pattern of `images` that it judges nothing, where no tag matches it that is there or that anything tells of.
    private func reportUnmatched(in snapshot: EngineSnapshot, lost: [ImageReference], _ context: RuleContext) async throws {
        let seen = UnmatchedPatterns(
            among: Set(snapshot.holders.keys).union(snapshot.tagGenerations.keys).union(snapshot.eventsByTag.keys).union(lost)
        )
        let candidates = seen.among(images)
        guard !candidates.isEmpty else { return }
        // The ledger knows tags, too, that no image has or had that is there.
        let known = UnmatchedPatterns(among: try await context.ledger.latestGenerations(on: snapshot.engine).map(\.reference))
        let words = "no tag on this engine, and none that the ledger knows, matches it"
        for pattern in known.among(candidates) { context.report(seen.finding(pattern, words)) }
    }

    private struct Move: Hashable {
        let reference: ImageReference
        let from: Digest
    }

    private func isInScope(_ reference: ImageReference?) -> Bool {
        images.contains { pattern in pattern.matchesEverything || reference.map(pattern.matches) ?? false }
    }

    private func isAllowed(_ reference: ImageReference?) -> Bool {
        allow.contains { pattern in pattern.matchesEverything || reference.map(pattern.matches) ?? false }
    }

    private func finding(
        _ explanation: UntaggedExplanation,
        ownSize: ByteSize?,
        isParent: Bool,
        isShared: Bool,
        countedUnder other: String?
    ) -> Finding {
        let image = explanation.image
        let name = explanation.lostTag?.description
        // Several images that lost the same tag are told apart by their IDs.
        let subject = name.map { isShared ? "\($0) (\(image.id.short))" : $0 } ?? image.id.short
        let fails = failOn.contains(explanation.cause) && !isAllowed(explanation.lostTag)
        var details = explanation.evidence
        if explanation.cause == .intermediate {
            details.append("size \(image.size)")
        } else if let other {
            details.append("it lost '\(other)' as well: its bytes are counted there")
        } else if isParent {
            details.append("size \(image.size), none of which is its own: other images are built on it")
        } else if let own = ownSize {
            details.append("\(own) of its \(image.size) are held by this image alone")
        } else {
            details.append("size \(image.size); how much of it other images share is not known")
        }
        if fails {
            if let waysOut = explanation.waysOut { details.append(waysOut) }
        } else if failOn.contains(explanation.cause) {
            details.append("'allow' lets this tag move")
        }
        return Finding(
            subject: subject,
            outcome: fails ? .failed : .passed,
            type: explanation.cause.rawValue,
            message: "\(image.id.short) \(explanation.message)",
            details: details,
            remedy: explanation.remedy,
            bytes: explanation.cause == .intermediate || other != nil ? .zero : ownSize,
            evidence: evidence(explanation, ownSize: ownSize)
        )
    }

    private func evidence(_ explanation: UntaggedExplanation, ownSize: ByteSize?) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("cause", .string(explanation.cause.rawValue)), .init("image", .string(explanation.image.id.description)),
        ]
        if let tag = explanation.lostTag { members.append(.init("lostTag", .string(tag.description))) }
        if let taking = explanation.taking, taking.image != explanation.holder {
            members.append(.init("taker", .string(taking.image.description)))
        }
        if let holder = explanation.holder { members.append(.init("holder", .string(holder.description))) }
        if let time = explanation.time { members.append(.init("time", .string(time.description))) }
        if let build = explanation.build { members.append(.init("build", build.json)) }
        members.append(.init("size", .integer(Int(explanation.image.size.bytes))))
        if let own = ownSize { members.append(.init("ownSize", .integer(Int(own.bytes)))) }
        members.append(.init("lines", .array(explanation.evidence.map { .string($0) })))
        return .object(members)
    }

    /// The tags that name another image than when they were last seen by an earlier run, in no order.
    private func moves(
        in snapshot: EngineSnapshot,
        _ context: RuleContext
    ) -> [(reference: ImageReference, old: TagGeneration, holder: Digest, build: BuildRecord?)] {
        let known = snapshot.tagGenerations
        return snapshot.holders.compactMap { reference, holder in
            guard isInScope(reference), let generations = known[reference], let last = generations.last else { return nil }
            if last.image != holder { return (reference, last, holder, nil) }
            // The move was recorded by an earlier stage of this very run.
            guard last.firstBuild.run == context.environment.build.run, generations.count > 1 else { return nil }
            return (reference, generations[generations.count - 2], holder, last.firstBuild)
        }
    }

    private func finding(
        _ move: (reference: ImageReference, old: TagGeneration, holder: Digest, build: BuildRecord?),
        in snapshot: EngineSnapshot
    ) -> Finding {
        let old = move.old.image
        let left: String
        if let image = snapshot.images[old] {
            left = image.references.first.map { "still there as '\($0)'" } ?? "still there"
        } else {
            left = "gone from this engine"
        }
        let fails = failOn.contains(.overwritten) && !isAllowed(move.reference)
        let by = move.build.map { ", seen by \($0.shortDescription)" } ?? ""
        let waysOut = fails ? snapshot.images[old].map { snapshot.waysOut(for: $0, giving: move.reference, backFrom: move.holder) } : nil
        return Finding(
            subject: move.reference.description,
            outcome: fails ? .failed : .passed,
            type: UntaggedCause.overwritten.rawValue,
            message: "moved from \(old.short) (\(left)) to \(move.holder.short)\(by)",
            details: [
                "the ledger saw it on \(old.short) from \(move.old.firstSeen) to \(move.old.lastSeen), first by "
                    + move.old.firstBuild.shortDescription
            ] + (waysOut.map { [$0] } ?? []),
            remedy: snapshot.images[old] == nil ? nil : "\(snapshot.engine.docker) tag \(old.short) \(move.reference)",
            bytes: .zero,
            evidence: [
                "cause": "overwritten", "image": .string(old.description), "lostTag": .string(move.reference.description),
                "holder": .string(move.holder.description),
            ]
        )
    }
}

extension BuildRecord {
    /// The build for the JSON report; what is not known is left out.
    var json: JSONValue {
        let members: [(String, String?)] = [
            ("run", run), ("pipeline", pipeline), ("commit", commit), ("branch", branch), ("system", system), ("buildNumber", buildNumber),
            ("jobURL", jobURL), ("user", user),
        ]
        return .object(members.compactMap { name, value in value.map { .init(name, .string($0)) } })
    }
}
