/// What the parser meets, in the order of the text.
enum YAMLEvent {
    /// A document begins.
    case documentStart
    /// A document ends.
    case documentEnd
    /// A node that names another one.
    case alias(name: String)
    /// A node without children.
    case scalar(text: String, style: YAMLScalar.Style, tag: String?, anchor: String?)
    /// A list begins.
    case sequenceStart(tag: String?, anchor: String?)
    /// A list ends.
    case sequenceEnd
    /// A mapping begins.
    case mappingStart(tag: String?, anchor: String?)
    /// A mapping ends.
    case mappingEnd
    /// Nothing follows.
    case streamEnd
}
