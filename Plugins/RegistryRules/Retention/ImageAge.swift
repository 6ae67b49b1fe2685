import HookKit

/// How old an image is, and how that is known.
enum ImageAge: Hashable, Sendable {
    /// The image's own word.
    case created(Timestamp)
    /// The ledger's: it was seen there first at this time.
    case pushed(Timestamp)
    /// Nothing that can be believed; the words say why.
    case unknown(String)

    /// Before the first release of Docker no image was made: builds that are reproducible write 1970 or 1980.
    private static let earliest = Timestamp(seconds: 1_356_998_400)

    /// How far ahead the clock of whoever made an image may be.
    private static let clockDifference = Duration.seconds(300)

    /// The time, where it is known.
    var time: Timestamp? {
        switch self {
        case .created(let time), .pushed(let time): time
        case .unknown: nil
        }
    }

    /// The age in words: `created 3 days ago`.
    func text(now: Timestamp) -> String {
        switch self {
        case .created(let time): "created \(now.since(time).approximateText) ago"
        case .pushed(let time): "pushed \(now.since(time).approximateText) ago by the ledger"
        case .unknown(let reason): reason
        }
    }

    /// Takes the youngest of what is known; where one of several images says nothing credible, it may be the youngest, and the age is not known.
    init(created: [Timestamp?], pushed: Timestamp?, now: Timestamp) {
        let known = created.compactMap { $0 }
        let credible = known.filter { $0 >= Self.earliest && now.since($0) >= .zero - Self.clockDifference }
        if let pushed, pushed >= credible.max() ?? pushed {
            self = .pushed(pushed)
        } else if let youngest = credible.max(), credible.count == created.count {
            self = .created(youngest)
        } else if let odd = known.filter({ !credible.contains($0) }).max() {
            self = .unknown(
                "its age is not known: it says that it was made at \(odd), which is not credible, and the ledger does not know it"
            )
        } else {
            self = .unknown("its age is not known: it does not say when it was made, and the ledger does not know it")
        }
    }
}

extension RetentionWorld {
    /// How old what a tag names is; the tag that was pushed last counts where several name it.
    func age(of digest: Digest, tags: [String], in repository: String) -> ImageAge {
        let images = contents(of: digest).union([digest]).compactMap { manifests[$0] }.filter { manifest in
            // What only belongs to an image, such as a build's attestation, does not say how old it is.
            !(manifests[digest]?.children.contains { $0.digest == manifest.digest && $0.isAttestation } ?? false)
        }
        let created = images.flatMap { manifest -> [Timestamp?] in
            let own = manifest.configuration.flatMap { configurations[$0.digest]?.created }
            let said = own ?? manifest.annotations["org.opencontainers.image.created"].flatMap { Timestamp(rfc3339: $0) }
            // As a rule an index leaves it to what it holds.
            if said == nil, case .index = manifest.content { return [] }
            return [said]
        }
        let meanings = meanings(of: digest)
        let pushed = tags.compactMap { reference(repository, $0) }.flatMap { generations[$0] ?? [] }.filter { generation in
            generation.manifestDigest == digest || meanings.contains(generation.image)
        }
        return ImageAge(created: created, pushed: pushed.map(\.firstSeen).max(), now: now)
    }
}
