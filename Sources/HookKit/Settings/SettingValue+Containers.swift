extension Optional: SettingValue where Wrapped: SettingValue {
    /// What the wrapped type takes.
    public static var schema: SettingSchema {
        let own = Wrapped.schema
        return SettingSchema(expectation: own.expectation, typeName: own.typeName, json: own.json, isOptional: true, element: own.element)
    }

    /// Reads the wrapped type; leaving the setting out is the only way to say nothing.
    public static func decode(_ value: ConfigValue, in decoding: inout SettingDecoding) -> Wrapped?? {
        guard let own = Wrapped.decode(value, in: &decoding) else { return nil }
        return .some(own)
    }

    /// The wrapped value, or nothing.
    public var configValue: ConfigValue { self?.configValue ?? ConfigValue(.null) }
}

extension Array: SettingValue where Element: SettingValue {
    /// A list of what the elements take.
    public static var schema: SettingSchema {
        let own = Element.schema
        return SettingSchema(
            expectation: "a list, each entry \(own.expectation)",
            typeName: "list of \(own.pluralTypeName)",
            json: ["type": "array", "items": own.json],
            element: own
        )
    }

    /// Reads a list; every bad entry is refused at its place, and a text is taken apart as `SettingDecoding.entries` says.
    public static func decode(_ value: ConfigValue, in decoding: inout SettingDecoding) -> [Element]? {
        let values: [ConfigValue]
        switch value.content {
        case .sequence(let elements): values = elements
        case .text(let text):
            guard let entries = decoding.entries(of: text, value) else { return nil }
            values = entries
        default:
            decoding.refuse(value, expected: schema.expectation)
            return nil
        }
        var result: [Element] = []
        for element in values {
            if let own = Element.decode(element, in: &decoding) { result.append(own) }
        }
        return result.count == values.count ? result : nil
    }

    /// The entries in order.
    public var configValue: ConfigValue { ConfigValue(.sequence(map(\.configValue))) }
}

extension Dictionary: SettingValue where Key == String, Value: SettingValue {
    /// A mapping of names to what the values take.
    public static var schema: SettingSchema {
        let own = Value.schema
        return SettingSchema(
            expectation: "a mapping of names, each to \(own.expectation)",
            typeName: "mapping to \(own.pluralTypeName)",
            json: ["type": "object", "additionalProperties": own.json],
            element: own
        )
    }

    /// Reads a mapping; every bad value is refused at its place.
    public static func decode(_ value: ConfigValue, in decoding: inout SettingDecoding) -> [String: Value]? {
        guard case .mapping(let entries) = value.content else {
            decoding.refuse(value, expected: schema.expectation)
            return nil
        }
        var result: [String: Value] = [:]
        for entry in entries {
            if let own = Value.decode(entry.value, in: &decoding) { result[entry.key] = own }
        }
        return result.count == entries.count ? result : nil
    }

    /// The entries by name.
    public var configValue: ConfigValue {
        ConfigValue(.mapping(sorted { $0.key < $1.key }.map { .init(key: $0.key, value: $0.value.configValue) }))
    }
}

/// A choice among a few words, written in kebab-case as the raw value says.
///
/// An enum with `String` raw values and `CaseIterable` needs nothing else to be a setting.
public protocol SettingChoice: SettingValue, RawRepresentable, CaseIterable where RawValue == String {}

extension SettingChoice {
    /// One of the words.
    public static var schema: SettingSchema {
        let words = allCases.map(\.rawValue)
        return SettingSchema(
            expectation: "one of \(words.joined(separator: ", "))",
            typeName: words.joined(separator: " | "),
            json: ["enum": .array(words.map { .string($0) })]
        )
    }

    /// Reads one of the words.
    public static func decode(_ value: ConfigValue, in decoding: inout SettingDecoding) -> Self? {
        switch value.content {
        case .string(let text), .text(let text):
            if let choice = Self(rawValue: text) { return choice }
            let near = NearestName.suggestion(for: text, among: allCases.map(\.rawValue)).map { "; did you mean '\($0)'?" } ?? ""
            decoding.refuse(value, because: "must be \(schema.expectation), not \(value.shortDescription)\(near)")
        default: decoding.refuse(value, expected: schema.expectation)
        }
        return nil
    }

    /// The word.
    public var configValue: ConfigValue { ConfigValue(.string(rawValue)) }
}
