/// Colours, or none of them.
///
/// Source: ECMA-48, Select Graphic Rendition; only the eight colours that every terminal's own scheme defines.
struct TextStyle: Sendable {
    /// A colour or a weight.
    enum Attribute: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    /// Says whether anything is coloured.
    let usesColour: Bool

    /// The text with an attribute, where colours are used.
    func callAsFunction(_ attribute: Attribute, _ text: String) -> String {
        usesColour && !text.isEmpty ? "\u{1B}[\(attribute.rawValue)m\(text)\u{1B}[0m" : text
    }
}
