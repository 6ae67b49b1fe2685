import HookKit

/// Why things stay that nothing uses: they are protected, not meant, or too young.
struct PruneReasons {
    private let policy: PrunePolicy
    private let world: PruneWorld
    private let images: [Digest: EngineImage]

    /// Judges by a policy what there is.
    init(_ policy: PrunePolicy, in world: PruneWorld) {
        self.policy = policy
        self.world = world
        images = Dictionary(world.images.map { ($0.id, $0) }) { first, _ in first }
    }

    /// Why something is protected, by any name that it has or had.
    func forProtection(names: [ImageReference], identifier: Digest) -> String? {
        for pattern in policy.protect where pattern.matchesEverything || pattern.matches(identifier: identifier) {
            return "'\(pattern)' protects it"
        }
        for name in names {
            if let pattern = policy.protect.first(where: { $0.mayMean(name) }) { return "'\(pattern)' protects '\(name)'" }
        }
        return nil
    }

    /// Why something is not meant, since not all of its names are.
    func forScope(names: [ImageReference], identifier: Digest) -> String? {
        if policy.images.contains(where: { $0.matchesEverything || $0.matches(identifier: identifier) }) { return nil }
        guard !names.isEmpty else { return "no name of it is known, and 'images' names only some" }
        // Every name must be meant: an image with one more name would lose that too.
        if let name = names.first(where: { name in !policy.images.contains { $0.matches(name) } }) {
            return "'images' does not name '\(name)'"
        }
        return nil
    }

    /// Why something stays for its labels.
    func forLabels(_ labels: [String: String], isStep: Bool = false) -> String? {
        // A label that chooses may be set by a later step; one that holds back holds what has it.
        policy.labels.first { !($0.accepts(labels) || isStep && !$0.isNegated) }.map { "its labels do not fit '\($0)'" }
    }

    /// Why something stays for its age: a time is when that happened which the verb says, and `nil` where it is not known.
    func forAge(_ time: Timestamp?, verb: String) -> String? {
        guard policy.olderThan > .zero else { return nil }
        guard let time else { return "its age is not known" }
        let age = world.now.since(time)
        guard age < policy.olderThan else { return nil }
        return "\(verb) \(age.approximateText) ago, less than \(policy.olderThan.settingText)"
    }

    /// Why a container stays.
    func toKeep(_ container: EngineContainer) -> String? {
        if container.isExternal { return "it is a build's or another program's" }
        guard container.isStopped else { return "it is \(container.state)" }
        guard let details = world.containerDetails[container.id] else { return "the engine did not say when it stopped" }
        // The listing has the ID of the image where the name that was typed means another image by now.
        let typed = [details.configuredImage, container.imageName].compactMap { text in
            Self.isIdentifier(text, of: container.image) ? nil : ImageReference.typed(text)
        }
        let had = formerNames(of: container.image)
        let names = typed + (images[container.image]?.references ?? []) + had
        if let reason = forProtection(names: names, identifier: container.image) { return reason }
        let known = typed + world.tags(of: container.image)
        if let reason = forScope(names: known.isEmpty ? had : known, identifier: container.image) { return reason }
        return forLabels(container.labels) ?? forAge(world.stopTime(of: container), verb: "stopped")
    }

    /// Whether a text is the ID of an image, or as much of it as engines print: less may be a name.
    private static func isIdentifier(_ text: String, of image: Digest) -> Bool {
        let digits = text.hasPrefix("sha256:") ? text.dropFirst("sha256:".count) : Substring(text)
        return digits.utf8.count >= 12 && image.hex.hasPrefix(digits)
    }

    /// Why a volume stays for its age.
    func forAge(_ volume: EngineVolume) -> String? {
        let time = world.lastUse(of: volume)
        if let reason = forAge(time, verb: time == volume.created ? "made" : "last used") { return reason }
        guard policy.olderThan > .zero, let removal = world.lastContainerRemoval else { return nil }
        return forAge(removal, verb: "a container was removed").map { "\($0), and Podman does not say which volumes it used" }
    }

    /// The names that an image had by the ledger or the engine's events.
    func formerNames(of image: Digest) -> [ImageReference] {
        images[image].map { world.formerNames(of: $0) } ?? world.tags(of: image) + (world.formerNames[image] ?? [])
    }
}
