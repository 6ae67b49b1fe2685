/// Why a plugin could not do what it was there for.
public struct PluginFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        let rawValue: String
        /// The word for the reports, in kebab-case.
        public var description: String { rawValue }
        /// The executable is not there, or cannot be run.
        public static let notStarted = Code(rawValue: "not-started")
        /// It did not say in time which rules it brings.
        public static let noAnswer = Code(rawValue: "no-answer")
        /// It ended before its work was done.
        public static let ended = Code(rawValue: "ended")
        /// It wrote what is no message of the protocol.
        public static let garbage = Code(rawValue: "garbage")
        /// It speaks another version of the protocol.
        public static let version = Code(rawValue: "version")
        /// What it declares cannot be used.
        public static let declaration = Code(rawValue: "declaration")
        /// It was told to stop.
        public static let cancelled = Code(rawValue: "cancelled")
        /// It answered with an error.
        public static let failed = Code(rawValue: "failed")
    }

    /// The kind of failure.
    public let code: Code
    /// One sentence, which names the plugin and quotes the end of its standard error.
    public let description: String

    /// Makes an error.
    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
