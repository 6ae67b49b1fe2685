/// A node without children: its text as YAML reads it, and what the core schema makes of it.
package struct YAMLScalar: Hashable, Sendable {
    /// How a scalar is written.
    package enum Style: Hashable, Sendable {
        /// Without quotes: the only style that can be anything but a text.
        case plain
        /// Between `'` and `'`.
        case singleQuoted
        /// Between `"` and `"`, with escapes.
        case doubleQuoted
        /// A block after `|`.
        case literal
        /// A block after `>`.
        case folded
    }

    /// The text, quotes and escapes undone.
    package var text: String
    /// How it is written.
    package var style: Style
    /// What the text stands for.
    package var value: YAMLValue
}
