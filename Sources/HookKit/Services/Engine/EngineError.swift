/// Why the engine could not do what it was asked.
public struct EngineError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        let rawValue: String
        /// The word for the reports, in kebab-case.
        public var description: String { rawValue }
        /// Nobody answers at the endpoint.
        public static let unreachable = Code(rawValue: "unreachable")
        /// No answer came in time.
        public static let timeout = Code(rawValue: "timeout")
        /// The thing is not there.
        public static let notFound = Code(rawValue: "not-found")
        /// The engine refuses because the thing is in use.
        public static let conflict = Code(rawValue: "conflict")
        /// The thing is another by now than the one that was meant.
        public static let changed = Code(rawValue: "changed")
        /// The engine does not know this request.
        public static let unsupported = Code(rawValue: "unsupported")
        /// The engine answered with an error, or with something that is no answer.
        public static let badAnswer = Code(rawValue: "bad-answer")
        /// A change was asked for, and no answer came that says whether it was carried out.
        public static let unknownOutcome = Code(rawValue: "unknown-outcome")
        /// The engine's address, a context or a certificate is wrong.
        public static let configuration = Code(rawValue: "configuration")
        /// A change was asked for in a dry run.
        public static let dryRun = Code(rawValue: "dry-run")
        /// A change was asked for that the plan which is carried out does not have.
        public static let notInPlan = Code(rawValue: "not-in-plan")
    }

    /// The kind of failure.
    public let code: Code
    /// One sentence: which endpoint, what was asked, what the engine answered, what to try.
    public let description: String

    /// Makes an error.
    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
