/// Something that a user can mend in a file or on the command line.
public struct Diagnostic: Hashable, Sendable {
    /// How grave a diagnostic is.
    public enum Severity: String, Hashable, Sendable {
        /// Nothing is run.
        case error
        /// Everything is run all the same.
        case warning
        /// More about another diagnostic.
        case note
    }

    /// A further place that helps to understand the first.
    public struct Note: Hashable, Sendable {
        /// One line, lower case, without a full stop.
        public let message: String
        /// The place, where there is one.
        public let position: SourcePosition?

        /// Makes a note.
        public init(_ message: String, at position: SourcePosition? = nil) {
            self.message = message
            self.position = position
        }
    }

    /// How grave it is.
    public let severity: Severity
    /// One line, lower case, without a full stop, the user's text in single quotes.
    public let message: String
    /// The place in the file; `nil` for the command line.
    public let position: SourcePosition?
    /// Further places.
    public let notes: [Note]

    /// Makes a diagnostic.
    public init(_ severity: Severity = .error, _ message: String, at position: SourcePosition? = nil, notes: [Note] = []) {
        self.severity = severity
        self.message = message
        self.position = position
        self.notes = notes
    }
}
