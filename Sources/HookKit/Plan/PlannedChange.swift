/// A change that a rule has decided on, before it is made: what a plan lists, and what carrying out the plan is held to.
///
/// Two are the same change when action, target and state are equal. Whatever must still hold when the change is made belongs into the state:
/// a change whose state is another by then is not made.
public struct PlannedChange: Hashable, Sendable {
    /// What is done.
    public struct Action: Hashable, Sendable, RawRepresentable, CustomStringConvertible {
        /// The word, in kebab-case.
        public let rawValue: String

        /// Takes a word in kebab-case.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The word.
        public var description: String { rawValue }

        /// An image goes, with the tags that its state names.
        public static let removeImage = Action(rawValue: "remove-image")
        /// A tag goes from an engine; the target is the reference.
        public static let untag = Action(rawValue: "untag")
        /// A container goes.
        public static let removeContainer = Action(rawValue: "remove-container")
        /// A network goes.
        public static let removeNetwork = Action(rawValue: "remove-network")
        /// A volume goes.
        public static let removeVolume = Action(rawValue: "remove-volume")
        /// A record of the build cache goes.
        public static let removeBuildCache = Action(rawValue: "remove-build-cache")
        /// A tag goes from a registry, and its manifest stays.
        public static let deleteTag = Action(rawValue: "delete-tag")
        /// A manifest goes from a registry, with the tags that its state names.
        public static let deleteManifest = Action(rawValue: "delete-manifest")
        /// A command runs.
        public static let runCommand = Action(rawValue: "run-command")
        /// Something in a registry's directory is mended, or comes back from its trash.
        public static let mend = Action(rawValue: "mend")

        /// Something goes from a registry's directory: `remove-blob`, `remove-tag-entry`.
        public static func remove(stored kind: String) -> Action { Action(rawValue: "remove-\(kind)") }
    }

    /// What tells a change from every other of its plan.
    public struct Key: Hashable, Sendable {
        /// What is done.
        public let action: Action
        /// What it is done to.
        public let target: String

        /// Names a change.
        public init(_ action: Action, _ target: String) {
            self.action = action
            self.target = target
        }
    }

    /// What is done.
    public let action: Action
    /// What it is done to, exactly: an image's ID, a reference with its registry, an absolute path.
    public let target: String
    /// The subject of the finding that reports the change.
    public let subject: String
    /// The facts that must still hold, by name; the order of a fact's values counts.
    public let state: [String: [String]]

    /// Describes a change.
    public init(_ action: Action, _ target: String, subject: String, state: [String: [String]] = [:]) {
        self.action = action
        self.target = target
        self.subject = subject
        self.state = state
    }

    /// What tells it from every other change.
    public var key: Key { Key(action, target) }

    /// Compares what makes a change the same.
    public static func == (left: PlannedChange, right: PlannedChange) -> Bool {
        left.action == right.action && left.target == right.target && left.state == right.state
    }

    /// Hashes what makes a change the same.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(key)
        hasher.combine(state)
    }
}
