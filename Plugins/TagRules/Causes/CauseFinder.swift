import HookKit

/// Finds out why images are `<none>`, from a snapshot alone: it asks nobody, so that the same evidence always gives the same answer.
struct CauseFinder: Sendable {
    private let snapshot: EngineSnapshot
    private let passages: TagPassages

    /// Begins with the evidence.
    init(_ snapshot: EngineSnapshot) {
        self.snapshot = snapshot
        passages = TagPassages(snapshot)
    }

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

    /// The tags that a parent of other images lost by what the engine's events alone say.
    ///
    /// That such an image is harmless says nothing of the tags that it had. What the ledger saw on it, or saw on another image since, is told by the run that saw it
    /// move.
    ///
    /// - Parameter run: the present run, as builds name it.
    func lossesByEvents(of image: EngineImage, in run: String, isMeant: (ImageReference) -> Bool) -> [UntaggedExplanation] {
        guard snapshot.children[image.id] != nil else { return [] }
        let seen = Set((snapshot.generations[image.id] ?? []).map(\.reference))
        let knowledge = ImageKnowledge(image, in: snapshot, isMeant: isMeant)
        return overwritten(knowledge).filter { loss in
            guard let tag = loss.lostTag, isMeant(tag), !seen.contains(tag), let lost = knowledge.lastKnown(tag) else { return false }
            let known = snapshot.tagGenerations[tag] ?? []
            if let last = known.last, last.image == loss.holder, last.firstBuild.run != run { return false }
            // An earlier run saw the tag on an image that took it after the loss, whoever has it now.
            return !known.contains { $0.image != image.id && $0.firstBuild.run != run && $0.firstSeen >= lost }
        }
    }

    private func intermediate(_ knowledge: ImageKnowledge) -> UntaggedExplanation? {
        guard let children = snapshot.children[knowledge.image.id], let child = children.first else { return nil }
        let name = snapshot.images[child]?.references.first.map { "'\($0)'" } ?? child.short
        let others = children.count == 1 ? "" : " and \(children.count - 1) more"
        return explanation(
            .intermediate,
            knowledge,
            message: "is the parent of \(name)\(others): harmless, and it takes no space of its own",
            evidence: ["the engine lists it as the parent of \(children.map(\.short).joined(separator: ", "))"]
                + knowledge.takenTags.map { "'\($0.reference)', which it had, names \($0.holder.short) now" },
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
            let passage = passages.passage(of: reference, from: knowledge, else: container.created)
            let message =
                passage.map { passage in
                    let now = passage.taker == passage.holder ? "" : "; \(passage.holder.short) has it now"
                    return "lost '\(reference)' to \(passage.taker.short) while the \(holds)\(now)"
                }
                ?? "lost '\(reference)' by force, which names nothing now; the \(holds)"
            return explanation(
                .untaggedInUse,
                knowledge,
                lostTag: reference,
                passage: passage,
                message: message,
                evidence: [
                    "container '\(container.displayName)' (\(container.id.prefix(12)), \(container.state)) was created from '\(configured)'",
                    holder.map { "'\(reference)' names \($0.short) now" } ?? "'\(reference)' names no image now",
                    "the image cannot be removed before the container",
                ] + knowledge.ledgerLines,
                remedy: "\(snapshot.engine.docker) tag \(knowledge.image.id.short) \(reference)"
            )
        }
        return nil
    }

    private func overwritten(_ knowledge: ImageKnowledge) -> [UntaggedExplanation] {
        // A load after the tag was last seen means that the image went away and came back without its name.
        if knowledge.cameBackWithoutName { return [] }
        return knowledge.takenTags.map { lost in
            let passage = passages.passage(of: lost.reference, from: knowledge.image.id, to: lost.holder, after: lost.lastKnown)
            let pull = pulledOver(knowledge, lost.reference, passage, after: lost.lastKnown)
            let cause: UntaggedCause = pull == nil ? .overwritten : .pulledOver
            let how = pull == nil ? "" : " by a pull"
            return explanation(
                cause,
                knowledge,
                lostTag: lost.reference,
                passage: passage,
                message: "lost '\(lost.reference)' \(fate(passage, how, after: lost.lastKnown))",
                evidence: [lost.evidence] + (passage.taker == lost.holder ? [] : passage.first.map { [$0.evidence] } ?? [])
                    + ["'\(lost.reference)' names \(lost.holder.short) now"] + (pull.map { [$0] } ?? []) + knowledge.ledgerLines,
                remedy: "\(snapshot.engine.docker) tag \(knowledge.image.id.short) \(lost.reference)"
            )
        }
    }

    /// What became of a tag that was lost, as the end of a sentence.
    private func fate(_ passage: TagPassage, _ how: String, after lost: Timestamp) -> String {
        let holder = passage.holder.short
        guard let first = passage.first else { return "to \(holder)\(how) after \(lost)" }
        let time = !first.isExact ? " before \(first.time)" : passage.isDirect ? " at \(first.time)" : ", which took it at \(first.time)"
        let taken = "to \(first.image.short)\(how)\(time)\(Self.seen(first))"
        guard first.image != passage.holder else { return taken }
        guard let last = passage.last else { return "\(taken); \(holder) has it now" }
        let since = last.isExact ? "has it since \(last.time)" : "has it now, seen there first at \(last.time)"
        return "\(taken); \(holder) \(since)\(Self.seen(last))"
    }

    private static func seen(_ taking: TagPassage.Taking) -> String { taking.build.map { ", seen by \($0.shortDescription)" } ?? "" }

    /// The evidence that a pull moved the tag, where there is some: an image that was only pushed from here carries a repo digest too.
    private func pulledOver(
        _ knowledge: ImageKnowledge,
        _ reference: ImageReference,
        _ passage: TagPassage,
        after lost: Timestamp
    ) -> String? {
        // A pull sends no event of the tag that it moves, and sends one of itself where it moves none.
        if let first = passage.first, first.isExact { return nil }
        let pull = snapshot.eventsByTag[reference]?.last { event in
            event.action == "pull" && event.time >= lost && passage.first.map { event.time <= $0.time } ?? true
        }
        if let pull { return "the engine pulled '\(reference)' at \(pull.time)" }
        let holder = passage.holder
        guard passage.taker == holder, snapshot.engine.imageStore == .classic,
            knowledge.image.repositoryDigests.contains(where: { $0.name == reference.name }),
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
        let taken = knowledge.nameTakenSinceLoad
        if let taken { evidence.append("hook did not see it with a name since then; '\(taken)' went to another image later") }
        return explanation(
            .loadedByID,
            knowledge,
            lostTag: name,
            time: load.time,
            message: taken.map { taken in
                "was loaded at \(load.time) and has no name now: saved by ID, so that the archive carries none, or loaded as '\(taken)', "
                    + "which another image took since\(name == taken ? "" : known)"
            } ?? "was loaded without a name of its own at \(load.time): saved by ID, so the archive carries none\(known)",
            evidence: evidence + knowledge.ledgerLines,
            remedy: name.map { "\(snapshot.engine.docker) tag \(knowledge.image.id.short) \($0)" }
                ?? "\(snapshot.engine.docker) tag \(knowledge.image.id.short) NAME:TAG"
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
            remedy: "\(snapshot.engine.docker) tag \(knowledge.image.id.short) \(name)"
        )
    }

    private func untagged(_ knowledge: ImageKnowledge) -> UntaggedExplanation? {
        guard let name = knowledge.lastKnownTag, let lost = knowledge.lastKnown(name), snapshot.holders[name] == nil else { return nil }
        // An earlier one took off another tag, or this one, which it got back.
        let untag = knowledge.lastUntag.flatMap { $0.time >= lost ? $0 : nil }
        let first = passages.takings(of: name, from: knowledge.image.id, after: lost).min { $0.time < $1.time }
        let taker = first.flatMap { first in untag.map { $0.time > first.time } ?? true ? first : nil }
        // The engine does not say which of several tags it took off.
        let when = untag.map { " \(knowledge.hadSeveralTags ? "by" : "at") \($0.time)" } ?? ""
        let how = taker.map { "which went to \($0.image.short) \($0.isExact ? "at" : "before") \($0.time)" } ?? "which was taken off\(when)"
        return explanation(
            .untagged,
            knowledge,
            lostTag: name,
            time: taker?.time ?? untag?.time,
            message: "had '\(name)', \(how) and names nothing now",
            evidence: (taker.map { [$0.evidence] } ?? []) + ["'\(name)' names no image now"]
                + (untag.map { ["the engine untagged it at \($0.time)"] } ?? []) + knowledge.ledgerLines,
            remedy: "\(snapshot.engine.docker) tag \(knowledge.image.id.short) \(name)"
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
            remedy: "\(snapshot.engine.docker) tag \(knowledge.image.id.short) NAME:TAG"
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
            remedy: "\(snapshot.engine.docker) tag \(knowledge.image.id.short) NAME:TAG"
        )
    }

    private func explanation(
        _ cause: UntaggedCause,
        _ knowledge: ImageKnowledge,
        lostTag: ImageReference? = nil,
        passage: TagPassage? = nil,
        time: Timestamp? = nil,
        message: String,
        evidence: [String],
        remedy: String?
    ) -> UntaggedExplanation {
        let passage = passage ?? lostTag.flatMap { passages.passage(of: $0, from: knowledge, else: nil) }
        let first = passage?.first
        let waysOut =
            remedy == nil
            ? nil
            : lostTag.flatMap { lost in
                let holder = passage?.holder ?? snapshot.holders[lost]
                return holder.map { snapshot.waysOut(for: knowledge.image, giving: lost, backFrom: $0) }
            }
        return UntaggedExplanation(
            image: knowledge.image,
            cause: cause,
            lostTag: lostTag ?? knowledge.lastKnownTag,
            taking: first.map { .init(image: $0.image, time: $0.time, build: $0.build) },
            holder: passage?.holder,
            holding: passage?.last.map { .init(image: $0.image, time: $0.time, build: $0.build) },
            time: time ?? first?.time,
            build: first?.build,
            message: message,
            evidence: evidence,
            waysOut: waysOut,
            remedy: remedy
        )
    }

    private static func tagReference(_ text: String) -> ImageReference? {
        guard let reference = ImageReference(text), reference.digest == nil else { return nil }
        return reference.tag == nil ? ImageReference(text + ":latest") : reference
    }

    private static func isHexPrefix(_ text: String, of id: Digest) -> Bool { text.count >= 4 && id.hex.hasPrefix(text) }
}
