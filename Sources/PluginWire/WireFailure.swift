/// The error object of an answer.
package struct WireFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind, from `PluginProtocol.ErrorCode`.
    package let code: Int
    /// One sentence.
    package let message: String
    /// More about it, for programs.
    package let data: JSONValue?

    /// Makes an error.
    package init(code: Int, message: String, data: JSONValue? = nil) {
        self.code = code
        self.message = message
        self.data = data
    }

    /// The sentence.
    package var description: String { message }
}
