import HTTPTransport

/// Something in an answer that cannot be true.
struct WireFailure: Error {
    /// What is wrong, as the end of a sentence: `with …`.
    let description: String

    /// Describes what is wrong.
    init(_ description: String) { self.description = description }
}
