/// A key of a mapping, and its value.
package struct YAMLEntry: Hashable, Sendable {
    /// The text of the key; keys are texts, whatever they look like.
    package var key: String
    /// Where the key stands.
    package var keyPosition: YAMLPosition
    /// The value.
    package var value: YAMLNode
}
