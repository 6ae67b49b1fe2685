package import HookKit

/// Explains one image by the same evidence, and the same conclusions from it, as `detect-overwritten` does.
package enum ImageExplainer {
    /// Asks the engine and the ledger of a context for everything about an image in its listing; nothing is written in a dry run.
    package static func explain(_ image: EngineImage, in context: RuleContext) async throws -> ExplainedImage {
        let engine = try await context.engine
        async let sizes = SharedSizes.ask(engine, in: context)
        let (snapshot, listing) = try await EngineSnapshot.gather(in: context, only: image.id)
        let ledger = try await context.ledger
        let generations = try await ledger.generations(of: [image.id], on: snapshot.engine)[image.id] ?? []
        let known = try await ledger.events(about: [image.id.description], on: snapshot.engine)
        let events = EngineSnapshot.merged(known, snapshot.engineEvents).filter { event in
            // Podman writes IDs without their algorithm.
            event.kind == "image" && (event.actor == image.id.description || event.actor == image.id.hex)
        }
        let explanation = image.isUntagged ? CauseFinder(snapshot).explain(image).first : nil
        let containers = (snapshot.containers[image.id] ?? []).map(\.container)
        return ExplainedImage(
            engine: snapshot.engine,
            image: image,
            explanation: explanation,
            moments: moments(of: image, explanation, generations: generations, events: events, containers: containers),
            containers: containers,
            children: listing.filter { $0.parent == image.id },
            ownSize: try await sizes.ownSize(of: image),
            generations: generations
        )
    }

    private static func moments(
        of image: EngineImage,
        _ explanation: UntaggedExplanation?,
        generations: [TagGeneration],
        events: [EngineEvent],
        containers: [EngineContainer]
    ) -> [ExplainedImage.Moment] {
        var moments: [ExplainedImage.Moment] = []
        func add(_ time: Timestamp, _ text: String) { moments.append(ExplainedImage.Moment(time: time, text: text)) }
        add(image.created, "it was made, as it says itself")
        for generation in generations {
            let name = "'\(generation.reference)'"
            let first = generation.firstBuild.shortDescription
            if generation.firstSeen == generation.lastSeen {
                add(generation.firstSeen, "the ledger saw \(name) on it, by \(first)")
            } else {
                add(generation.firstSeen, "the ledger saw \(name) on it for the first time, by \(first)")
                add(
                    generation.lastSeen,
                    "the ledger saw \(name) on it for the last time, look \(generation.sightings), by \(generation.lastBuild.shortDescription)"
                )
            }
        }
        for event in events { add(event.time, sentence(event)) }
        for container in containers {
            let name = "container '\(container.displayName)'"
            add(container.created, container.image == image.id ? "\(name) was made from it" : "\(name), which mounts it, was made")
        }
        if let explanation, let tag = explanation.lostTag, let taking = explanation.taking {
            let others = [explanation.holding].compactMap(\.self).filter { $0.image != taking.image }
            for taking in [taking] + others {
                add(taking.time, "'\(tag)' was on \(taking.image.short)\(taking.build.map { ", by \($0.shortDescription)" } ?? "")")
            }
        }
        // Of what happened in one second, that is told first which was found first: images are dated to the second.
        return moments.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
    }

    private static func sentence(_ event: EngineEvent) -> String {
        let name = event.attributes["name"].flatMap { Digest($0) == nil && !$0.isEmpty ? " '\($0)'" : nil } ?? ""
        return switch event.action {
        case "tag": "the engine tagged it\(name)"
        case "untag": "the engine took a tag off it"
        case "delete", "remove": "the engine deleted it"
        case "load", "loadfromarchive": "the engine loaded it from an archive"
        case "import": "the engine imported it"
        case "pull": "the engine pulled it"
        case "build": "the engine built it"
        case "save": "the engine saved it into an archive"
        default: "the engine said '\(event.action)' of it"
        }
    }
}
