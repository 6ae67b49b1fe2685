/// Why a text is no address of an engine.
public struct InvalidEngineHost: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, as a sentence that the address begins: `names no host`.
    public let description: String

    init(_ description: String) { self.description = description }
}
