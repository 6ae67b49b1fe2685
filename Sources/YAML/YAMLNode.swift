/// A value in a document, with its place.
///
/// Aliases are followed and merge keys are merged.
package struct YAMLNode: Hashable, Sendable {
    /// What a node is.
    package indirect enum Content: Hashable, Sendable {
        /// A value without children.
        case scalar(YAMLScalar)
        /// A list.
        case sequence([YAMLNode])
        /// Keys and values, in the order of the file; no key comes twice.
        case mapping([YAMLEntry])
    }

    /// What the node is.
    package var content: Content
    /// The place to point at: where the node stands, or the alias that stands for it.
    package var position: YAMLPosition
    /// Where its text begins; another place than `position` when the node comes by an alias.
    package var start: YAMLPosition
    /// The place after its last character.
    package var end: YAMLPosition
    /// The tag, written out in full, or `nil` where the file gives none: `tag:yaml.org,2002:str`.
    package var tag: String?
}
