import HookKit

/// Short ways to write the values of the examples: an image's ID is one hexadecimal digit, repeated.
extension Digest {
    static func example(_ digit: Character) -> Digest {
        guard let digest = Digest(algorithm: .sha256, hex: String(repeating: digit, count: 64)) else {
            preconditionFailure("'\(digit)' in an example is no lower-case hexadecimal digit")
        }
        return digest
    }
}

extension ImageReference {
    static func example(_ text: String) -> ImageReference {
        guard let reference = ImageReference(text) else { preconditionFailure("'\(text)' in an example is no reference") }
        return reference
    }
}

extension EngineImage {
    static func example(_ id: Character, tags: [String] = [], digests: [String] = [], parent: Character? = nil) -> EngineImage {
        EngineImage(
            id: .example(id),
            parent: parent.map { .example($0) },
            references: tags.map { .example($0) },
            repositoryDigests: digests.map { .example($0) },
            created: ExampleWorld.now - .seconds(86_400),
            size: "80MB"
        )
    }
}

extension EngineImageDetails {
    static func example(_ id: Character, lastTagged: Timestamp? = nil) -> EngineImageDetails {
        EngineImageDetails(id: .example(id), lastTagged: lastTagged, layers: [], parent: nil)
    }
}

extension TagGeneration {
    static func example(_ reference: String, on image: Character) -> TagGeneration {
        let build = BuildRecord(run: "earlier", pipeline: "example", commit: "1a2b3c4d5e6f", branch: "main", system: "gitlab")
        let time = ExampleWorld.now - .seconds(7200)
        return TagGeneration(
            reference: .example(reference),
            image: .example(image),
            firstSeen: time,
            firstBuild: build,
            lastSeen: time,
            lastBuild: build,
            sightings: 1
        )
    }
}

extension EngineEvent {
    /// An event of an image, some hours before now.
    static func example(_ action: String, _ image: Character, name: String? = nil, hoursAgo: Int64) -> EngineEvent {
        EngineEvent(
            time: ExampleWorld.now - .seconds(3600 * hoursAgo),
            kind: "image",
            action: action,
            actor: Digest.example(image).description,
            attributes: name.map { ["name": $0] } ?? [:]
        )
    }
}
