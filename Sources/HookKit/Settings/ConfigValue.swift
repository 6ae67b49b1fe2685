/// A value that a user gave to a setting, before it is known what the setting wants.
///
/// It comes from a pipeline file, from `setting=value` on the command line, from a plugin's message or from a rule's example.
public struct ConfigValue: Hashable, Sendable {
    /// What was given.
    public indirect enum Content: Hashable, Sendable {
        /// Nothing, `null` or `~`.
        case null
        /// `true` or `false`.
        case boolean(Bool)
        /// A whole number.
        case integer(Int)
        /// A number with a fraction or an exponent.
        case number(Double)
        /// A text.
        case string(String)
        /// A scalar whose type is what its setting wants: an interpolated one, or one from the command line.
        case text(String)
        /// A list.
        case sequence([ConfigValue])
        /// Entries in order; every key stands once.
        case mapping([Entry])
    }

    /// A key with its value.
    public struct Entry: Hashable, Sendable {
        /// The key.
        public let key: String
        /// Where the key stands.
        public let keyPosition: SourcePosition?
        /// The value.
        public let value: ConfigValue

        /// Makes an entry.
        public init(key: String, keyPosition: SourcePosition? = nil, value: ConfigValue) {
            self.key = key
            self.keyPosition = keyPosition
            self.value = value
        }
    }

    /// What was given.
    public let content: Content
    /// Where it was given, for messages.
    public let position: SourcePosition?

    /// How a number is written in a file, where it is known: `0x1F`.
    private let written: Spelling

    /// A number's text, which makes no difference between values.
    private struct Spelling: Hashable, Sendable {
        let text: String?
        static func == (_: Spelling, _: Spelling) -> Bool { true }
        func hash(into _: inout Hasher) {}
    }

    /// Makes a value.
    public init(_ content: Content, at position: SourcePosition? = nil) {
        self.init(content, at: position, written: nil)
    }

    /// Makes a value that is written so.
    package init(_ content: Content, at position: SourcePosition?, written: String?) {
        self.content = content
        self.position = position
        self.written = Spelling(text: written)
    }

    /// The value in a few words for a message: `'24'`, `a list`, `nothing`.
    public var shortDescription: String {
        switch content {
        case .null: "nothing"
        case .boolean(let value): "'\(value)'"
        case .integer(let value): "'\(written.text ?? "\(value)")'"
        case .number(let value): "'\(written.text ?? "\(value)")'"
        case .string(let value), .text(let value): value.isEmpty ? "an empty text" : "'\(Self.shortened(value))'"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }

    private static func shortened(_ text: String) -> String {
        let line = String(text.map { $0.isNewline ? " " : $0 })
        return line.count <= 60 ? line : line.prefix(57) + "..."
    }
}

extension ConfigValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    /// Makes a text.
    public init(stringLiteral value: String) { self.init(.string(value)) }
    /// Makes `true` or `false`.
    public init(booleanLiteral value: Bool) { self.init(.boolean(value)) }
    /// Makes a whole number.
    public init(integerLiteral value: Int) { self.init(.integer(value)) }
    /// Makes a list.
    public init(arrayLiteral elements: ConfigValue...) { self.init(.sequence(elements)) }
    /// Makes a mapping.
    public init(dictionaryLiteral elements: (String, ConfigValue)...) {
        self.init(.mapping(elements.map { Entry(key: $0.0, value: $0.1) }))
    }
}

extension ConfigValue {
    /// The value as JSON, for a plugin; an untyped text stays a text.
    public var json: JSONValue {
        switch content {
        case .null: .null
        case .boolean(let value): .boolean(value)
        case .integer(let value): .integer(value)
        case .number(let value): .number(value)
        case .string(let value), .text(let value): .string(value)
        case .sequence(let elements): .array(elements.map(\.json))
        case .mapping(let entries): .object(entries.map { .init($0.key, $0.value.json) })
        }
    }

    /// The value as YAML in flow style, as a person would type it in a pipeline file.
    public var yaml: String {
        switch content {
        case .string(let value), .text(let value): Self.isPlain(value) ? value : JSONValue.string(value).text()
        case .sequence(let elements): "[" + elements.map(\.yaml).joined(separator: ", ") + "]"
        case .mapping(let entries): "{ " + entries.map { "\($0.key): \($0.value.yaml)" }.joined(separator: ", ") + " }"
        default: json.text()
        }
    }

    /// Says whether a text means the same when it stands in YAML without quotes.
    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, first.properties.isAlphabetic || first == "/" || first == "." || first.isNumber,
            !["true", "false", "null", "yes", "no"].contains(text.lowercased()), Double(text) == nil
        else { return false }
        return text.unicodeScalars.allSatisfy { $0.properties.isAlphabetic || $0.isNumber || "/._-:@".unicodeScalars.contains($0) }
            && !text.hasSuffix(":")
    }
}

extension Unicode.Scalar {
    fileprivate var isNumber: Bool { ("0"..."9").contains(self) }
}
