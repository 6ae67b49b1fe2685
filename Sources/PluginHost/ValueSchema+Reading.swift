import HookKit
import PluginWire

extension ValueSchema {
    /// Reads a value that a user gave, as the settings of built-in rules are read; a bad one is refused, and the result is `nil`.
    func read(_ value: ConfigValue, in decoding: inout SettingDecoding) -> JSONValue? {
        switch kind {
        case .boolean:
            switch value.content {
            case .boolean(let flag): return .boolean(flag)
            case .text("true"): return true
            case .text("false"): return false
            default: break
            }
            decoding.refuse(value, expected: expectation) { ["true", "false"].contains($0) }
            return nil
        case .integer(let range):
            if let number = Self.integer(value), range.contains(number) { return .integer(number) }
            decoding.refuse(value, expected: expectation) { Int($0).map(range.contains) ?? false }
            return nil
        case .number(let range):
            if let number = Self.number(value), range.contains(number) {
                return Self.integer(value).map { .integer($0) } ?? .number(number)
            }
            decoding.refuse(value, expected: expectation) { Double($0).map(range.contains) ?? false }
            return nil
        case .text(let pattern, let lengths): return readText(value, pattern, lengths, in: &decoding)
        case .choice(let words): return readChoice(value, words, in: &decoding)
        case .list(let element, let counts): return readList(value, element, counts, in: &decoding)
        case .mapping(let element):
            guard case .mapping(let entries) = value.content else { break }
            var members: [JSONValue.Member] = []
            for entry in entries { if let own = element.read(entry.value, in: &decoding) { members.append(.init(entry.key, own)) } }
            return members.count == entries.count ? .object(members) : nil
        }
        decoding.refuse(value, expected: expectation)
        return nil
    }

    private static func integer(_ value: ConfigValue) -> Int? {
        switch value.content {
        case .integer(let number): number
        case .text(let text): Int(text)
        default: nil
        }
    }

    private static func number(_ value: ConfigValue) -> Double? {
        switch value.content {
        case .integer(let number): Double(number)
        case .number(let number): number
        case .text(let text): Double(text).flatMap { $0.isFinite ? $0 : nil }
        default: nil
        }
    }

    private func readText(
        _ value: ConfigValue,
        _ pattern: String?,
        _ lengths: ClosedRange<Int>,
        in decoding: inout SettingDecoding
    ) -> JSONValue? {
        switch value.content {
        case .string(let text), .text(let text):
            if lengths.contains(text.unicodeScalars.count), Self.matches(text, pattern) { return .string(text) }
            decoding.refuse(value, expected: expectation)
        case .boolean where takesAnyText, .integer where takesAnyText, .number where takesAnyText:
            // Read as a text it would be another one than was written: `1.10` is a number, and its text `1.1`.
            decoding.refuse(value, because: "must be \(expectation), not \(value.shortDescription); put it in quotes")
        default: decoding.refuse(value, expected: expectation)
        }
        return nil
    }

    private static func matches(_ text: String, _ pattern: String?) -> Bool {
        guard let pattern else { return true }
        // The pattern was understood when the plugin declared it; JSON Schema's patterns look at scalars.
        guard let regex = try? Regex(pattern).matchingSemantics(.unicodeScalar) else { return false }
        return (try? regex.firstMatch(in: text)) != nil
    }

    private func readChoice(_ value: ConfigValue, _ words: [String], in decoding: inout SettingDecoding) -> JSONValue? {
        switch value.content {
        case .string(let text), .text(let text):
            if words.contains(text) { return .string(text) }
            let near = NearestName.suggestion(for: text, among: words).map { "; did you mean '\($0)'?" } ?? ""
            decoding.refuse(value, because: "must be \(expectation), not \(value.shortDescription)\(near)")
        default: decoding.refuse(value, expected: expectation)
        }
        return nil
    }

    private func readList(
        _ value: ConfigValue,
        _ element: ValueSchema,
        _ counts: ClosedRange<Int>,
        in decoding: inout SettingDecoding
    ) -> JSONValue? {
        let values: [ConfigValue]
        switch value.content {
        case .sequence(let elements): values = elements
        case .text(let text):
            guard let entries = decoding.entries(of: text, value) else { return nil }
            values = entries
        default:
            decoding.refuse(value, expected: expectation)
            return nil
        }
        guard counts.contains(values.count) else {
            decoding.refuse(value, expected: expectation)
            return nil
        }
        let read = values.compactMap { element.read($0, in: &decoding) }
        return read.count == values.count ? .array(read) : nil
    }
}
