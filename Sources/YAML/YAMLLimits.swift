/// How much a document may ask for, so that a hostile or mistaken file ends in one message and not in an exhausted machine.
package struct YAMLLimits: Sendable {
    /// The largest input, in bytes.
    package var inputBytes = 4 << 20
    /// How deep collections may lie in one another, aliases followed.
    package var depth = 64
    /// How many nodes a document may have once every alias stands for a copy of what it names.
    package var nodes = 100_000
    /// How many bytes of text those nodes may hold, counted in the same way.
    package var expandedBytes = 16 << 20

    /// The limits that no file written by a person comes near.
    package static let standard = YAMLLimits()

    /// Starts from the standard limits.
    package init() {}
}
