/// Settings that do not go together.
public struct RuleValidationError: Error, Hashable, Sendable {
    /// One line, lower case, without a full stop.
    public let message: String
    /// The key that the message is about, to point at it.
    public let key: String?

    /// Refuses a combination of settings.
    public init(_ message: String, key: String? = nil) {
        self.message = message
        self.key = key
    }
}
