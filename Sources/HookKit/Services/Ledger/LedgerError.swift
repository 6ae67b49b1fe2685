/// Why the ledger could not be read or written.
public struct LedgerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        let rawValue: String
        /// The word for the reports, in kebab-case.
        public var description: String { rawValue }
        /// A later version of hook wrote it.
        public static let newer = Code(rawValue: "newer")
        /// The file is no ledger, or is damaged.
        public static let corrupt = Code(rawValue: "corrupt")
        /// It cannot be opened or written.
        public static let notWritable = Code(rawValue: "not-writable")
        /// The disk is full.
        public static let full = Code(rawValue: "full")
        /// Others held it for too long.
        public static let busy = Code(rawValue: "busy")
        /// Anything else that the database answered.
        public static let failed = Code(rawValue: "failed")
    }

    /// The kind of failure.
    public let code: Code
    /// One sentence with the path, the cause and what to try.
    public let description: String

    /// Makes an error.
    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
