/// Why a registry could not do what it was asked.
public struct RegistryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        let rawValue: String
        /// The word for the reports, in kebab-case.
        public var description: String { rawValue }
        /// Nobody answers at the address.
        public static let unreachable = Code(rawValue: "unreachable")
        /// Nobody listens at the address: the connection was refused.
        public static let refused = Code(rawValue: "refused")
        /// No answer came in time.
        public static let timeout = Code(rawValue: "timeout")
        /// The registry wants other credentials, or does not allow this with those that it got.
        public static let unauthorized = Code(rawValue: "unauthorized")
        /// The registry does not know this request, or does not allow it to anybody.
        public static let unsupported = Code(rawValue: "unsupported")
        /// The registry was too busy, again and again.
        public static let busy = Code(rawValue: "busy")
        /// The registry was too busy for a deletion, and was given the time that it wanted: it may be asked again after another look.
        public static let turnedAway = Code(rawValue: "turned-away")
        /// The registry answered with an error, or with something that is no answer.
        public static let badAnswer = Code(rawValue: "bad-answer")
        /// The content is not what its digest says.
        public static let wrongDigest = Code(rawValue: "wrong-digest")
        /// The address, a certificate or docker's configuration is wrong.
        public static let configuration = Code(rawValue: "configuration")
        /// A deletion was asked for in a dry run.
        public static let dryRun = Code(rawValue: "dry-run")
        /// A deletion was asked for that the plan which is carried out does not have.
        public static let notInPlan = Code(rawValue: "not-in-plan")
    }

    /// The kind of failure.
    public let code: Code
    /// One sentence: which registry, what was asked, what it answered, what to try.
    public let description: String

    /// Makes an error.
    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
