import HookKit

/// Finds out why images are `<none>`, from a snapshot alone: it asks nobody, so that the same evidence always gives the same answer.
struct CauseFinder: Sendable {
    private let snapshot: EngineSnapshot

    /// Begins with the evidence.
    init(_ snapshot: EngineSnapshot) { self.snapshot = snapshot }

    /// Explains an untagged image.
    ///
    /// - Parameter isMeant: says of which tags to speak where the image had several.
    /// - Returns: one explanation, or, for an image that lost several tags to others, one for each, the latest first.
    func explain(_ image: EngineImage, isMeant: (ImageReference) -> Bool = { _ in true }) -> [UntaggedExplanation] {
        let knowledge = ImageKnowledge(image, in: snapshot, isMeant: isMeant)
        if let explanation = intermediate(knowledge) ?? untaggedInUse(knowledge) { return [explanation] }
        let overwritten = overwritten(knowledge)
        if !overwritten.isEmpty { return overwritten }
        return [loadedByID(knowledge) ?? untagged(knowledge) ?? builtUntagged(knowledge) ?? unknown(knowledge)]
    }

    private func intermediate(_ knowledge: ImageKnowledge) -> UntaggedExplanation? {
        guard let children = snapshot.children[knowledge.image.id], let child = children.first else { return nil }
        let name = snapshot.images[child]?.references.first.map { "'\($0)'" } ?? child.short
        let others = children.count == 1 ? "" : " and \(children.count - 1) more"
        return explanation(
            .intermediate,
            knowledge,
            message: "is the parent of \(name)\(others): harmless, and it takes no space of its own",
            evidence: ["the engine lists it as the parent of \(children.map(\.short).joined(separator: ", "))"],
            remedy: nil
        )
    }

    private func untaggedInUse(_ knowledge: ImageKnowledge) -> UntaggedExplanation? {
        let uses = snapshot.containers[knowledge.image.id] ?? []
        for (container, configured) in uses {
            guard let configured, let reference = Self.tagReference(configured), !configured.hasPrefix("sha256:"),
                snapshot.holders[reference] != knowledge.image.id
            else { continue }
            // A container that was created from the ID, or from a part of it, says nothing of a tag.
            if Self.isHexPrefix(configured, of: knowledge.image.id) { continue }
            let holder = snapshot.holders[reference]
            let holds = "\(container.state) container '\(container.displayName)' holds the image"
            let message =
                holder.map { "lost '\(reference)' to \($0.short) while the \(holds)" }
                ?? "lost '\(reference)' by force, which names nothing now; the \(holds)"
            return explanation(
                .untaggedInUse,
                knowledge,
                lostTag: reference,
                lastKnown: container.created,
                message: message,
                evidence: [
                    "container '\(container.displayName)' (\(container.id.prefix(12)), \(container.state)) was created from '\(configured)'",
                    holder.map { "'\(reference)' names \($0.short) now" } ?? "'\(reference)' names no image now",
                    "the image cannot be removed before the container",
                ] + knowledge.ledgerLines,
                remedy: "docker tag \(knowledge.image.id.short) \(reference)"
            )
        }
        return nil
    }

    private func overwritten(_ knowledge: ImageKnowledge) -> [UntaggedExplanation] {
        // A load after the tag was last seen means that the image went away and came back without its name.
        if knowledge.cameBackWithoutName { return [] }
        return knowledge.takenTags.map { lost in
            let pull = pulledOver(knowledge, lost.reference, lost.holder)
            let cause: UntaggedCause = pull == nil ? .overwritten : .pulledOver
            let how = pull == nil ? "" : " by a pull"
            return explanation(
                cause,
                knowledge,
                lostTag: lost.reference,
                message:
                    "lost '\(lost.reference)' to \(lost.holder.short)\(how)\(whenAndBy(lost.reference, lost.holder, after: lost.lastKnown))",
                evidence: [lost.evidence, "'\(lost.reference)' names \(lost.holder.short) now"] + (pull.map { [$0] } ?? [])
                    + knowledge.ledgerLines,
                remedy: "docker tag \(knowledge.image.id.short) \(lost.reference)"
            )
        }
    }

    /// The evidence that a pull moved the tag, where there is some: an image that was only pushed from here carries a repo digest too.
    private func pulledOver(_ knowledge: ImageKnowledge, _ reference: ImageReference, _ holder: Digest) -> String? {
        let events = snapshot.eventsByTag[reference] ?? []
        if let last = events.last(where: { $0.action == "pull" || ($0.action == "tag" && Digest($0.actor) == holder) }) {
            return last.action == "pull" ? "the engine pulled '\(reference)' at \(last.time)" : nil
        }
        guard snapshot.engine.imageStore == .classic, knowledge.image.repositoryDigests.contains(where: { $0.name == reference.name }),
            let digest = snapshot.images[holder]?.repositoryDigests.first(where: { $0.name == reference.name }),
            let details = snapshot.details[holder], details.lastTagged == nil
        else { return nil }
        return "\(holder.short) came from the registry as '\(digest)' and was never tagged on this engine"
    }

    private func loadedByID(_ knowledge: ImageKnowledge) -> UntaggedExplanation? {
        guard let load = knowledge.lastLoad else {
            return ledgerOnlyLoad(knowledge)
        }
        // An untag after the load means that the archive did carry a name.
        if let untag = knowledge.lastUntag, untag.time > load.time { return nil }
        guard snapshot.engine.imageStore != .classic || knowledge.wasNeverTaggedHere || knowledge.cameBackWithoutName else { return nil }
        let name = knowledge.lastKnownTag
        let known = name.map { "; it was '\($0)' before" } ?? ""
        var evidence = ["the engine loaded it from an archive at \(load.time)"]
        if knowledge.wasNeverTaggedHere, snapshot.engine.imageStore == .classic {
            evidence.append("no tag was ever put on it by this engine")
        }
        if let save = knowledge.lastSave { evidence.append("it was saved at \(save.time)") }
        if let other = knowledge.laterTakeover {
            evidence.append(
                "hook did not see it with a name; had the archive named it, the name could only have gone to a later image such as \(other)"
            )
        }
        return explanation(
            .loadedByID,
            knowledge,
            lostTag: name,
            time: load.time,
            message: "was loaded without a name of its own at \(load.time): saved by ID, so the archive carries none\(known)",
            evidence: evidence + knowledge.ledgerLines,
            remedy: name.map { "docker tag \(knowledge.image.id.short) \($0)" } ?? "docker tag \(knowledge.image.id.short) NAME:TAG"
        )
    }

    /// The image was known under a name, the engine has no memory of ever tagging it, and no event is left: it went away and came back.
    private func ledgerOnlyLoad(_ knowledge: ImageKnowledge) -> UntaggedExplanation? {
        guard snapshot.engine.imageStore == .classic, knowledge.wasNeverTaggedHere, let name = knowledge.lastKnownTag,
            knowledge.lastUntag == nil, knowledge.image.repositoryDigests.isEmpty
        else { return nil }
        return explanation(
            .loadedByID,
            knowledge,
            lostTag: name,
            message: "came back without its name '\(name)': saved by ID and loaded, so the archive carries none",
            evidence: ["no tag was ever put on it by this engine since it came back"] + knowledge.ledgerLines,
            remedy: "docker tag \(knowledge.image.id.short) \(name)"
        )
    }

    private func untagged(_ knowledge: ImageKnowledge) -> UntaggedExplanation? {
        guard let name = knowledge.lastKnownTag, snapshot.holders[name] == nil else { return nil }
        return explanation(
            .untagged,
            knowledge,
            lostTag: name,
            time: knowledge.lastUntag?.time,
            message: "had '\(name)', which was taken off\(knowledge.lastUntag.map { " at \($0.time)" } ?? "") and names nothing now",
            evidence: ["'\(name)' names no image now"] + (knowledge.lastUntag.map { ["the engine untagged it at \($0.time)"] } ?? [])
                + knowledge.ledgerLines,
            remedy: "docker tag \(knowledge.image.id.short) \(name)"
        )
    }

    private func builtUntagged(_ knowledge: ImageKnowledge) -> UntaggedExplanation? {
        guard knowledge.lastKnownTag == nil, knowledge.lastLoad == nil, let built = knowledge.buildEvidence else { return nil }
        return explanation(
            .builtUntagged,
            knowledge,
            time: knowledge.image.created,
            message: "was built here without a name: a build without '-t', a stage of a multi-stage build, or a commit without a name",
            evidence: built,
            remedy: "docker tag \(knowledge.image.id.short) NAME:TAG"
        )
    }

    private func unknown(_ knowledge: ImageKnowledge) -> UntaggedExplanation {
        explanation(
            .unknown,
            knowledge,
            message: knowledge.unknownMessage,
            evidence: knowledge.ledgerLines
                + (knowledge.lastImport.map { ["the engine imported it at \($0.time)"] }
                    ?? ["a 'track-tags' stage before and after each build would have told"]),
            remedy: "docker tag \(knowledge.image.id.short) NAME:TAG"
        )
    }

    private func explanation(
        _ cause: UntaggedCause,
        _ knowledge: ImageKnowledge,
        lostTag: ImageReference? = nil,
        lastKnown: Timestamp? = nil,
        time: Timestamp? = nil,
        message: String,
        evidence: [String],
        remedy: String?
    ) -> UntaggedExplanation {
        let holder = lostTag.flatMap { snapshot.holders[$0] }
        let taking = lostTag.flatMap { reference in
            holder.flatMap { self.taking(reference, by: $0, after: knowledge.lastKnown(reference) ?? lastKnown) }
        }
        return UntaggedExplanation(
            image: knowledge.image,
            cause: cause,
            lostTag: lostTag ?? knowledge.lastKnownTag,
            holder: holder,
            time: time ?? taking?.time,
            build: taking?.build,
            message: message,
            evidence: evidence,
            remedy: remedy
        )
    }

    private func whenAndBy(_ reference: ImageReference, _ holder: Digest, after lost: Timestamp) -> String {
        guard let taking = taking(reference, by: holder, after: lost) else { return " after \(lost)" }
        let time = taking.isExact ? " at \(taking.time)" : " before \(taking.time)"
        return time + (taking.build.map { ", seen by \($0.shortDescription)" } ?? "")
    }

    /// When the image that has a tag now took it: exactly from an event, or the first moment at which the ledger saw it there.
    ///
    /// It may have had the tag before the image that lost it: what was before that one last had it is no answer.
    private func taking(
        _ reference: ImageReference,
        by holder: Digest,
        after lost: Timestamp?
    ) -> (time: Timestamp, isExact: Bool, build: BuildRecord?)? {
        let isLater = { (time: Timestamp) in lost.map { time >= $0 } ?? true }
        let generation = snapshot.tagGenerations[reference]?.last { $0.image == holder && isLater($0.firstSeen) }
        let event = snapshot.eventsByTag[reference]?.last { $0.action == "tag" && Digest($0.actor) == holder && isLater($0.time) }
        // A load that takes a name sends no event of the name.
        let load = snapshot.eventsByImage[holder]?.last { $0.action == "load" && isLater($0.time) }
        let isCovered = lost.map { lost in snapshot.engineEvents.first.map { $0.time <= lost } ?? false } ?? false
        if let event = event ?? (isCovered ? load : nil) { return (event.time, true, generation?.firstBuild) }
        return generation.map { ($0.firstSeen, false, $0.firstBuild) }
    }

    private static func tagReference(_ text: String) -> ImageReference? {
        guard let reference = ImageReference(text), reference.digest == nil else { return nil }
        return reference.tag == nil ? ImageReference(text + ":latest") : reference
    }

    private static func isHexPrefix(_ text: String, of id: Digest) -> Bool { text.count >= 4 && id.hex.hasPrefix(text) }
}
