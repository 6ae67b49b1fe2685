/// A message that does not keep to the protocol.
package struct WireMistake: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong: one line, lower case, without a full stop.
    package let description: String

    /// Says what is wrong.
    package init(_ description: String) { self.description = description }
}
