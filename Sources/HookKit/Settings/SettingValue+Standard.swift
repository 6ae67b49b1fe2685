public import OCI

extension Bool: SettingValue {
    /// `true` or `false`.
    public static let schema = SettingSchema(expectation: "true or false", typeName: "true or false", json: ["type": "boolean"])

    /// Reads `true` or `false`, and nothing else that means yes elsewhere.
    public static func decode(_ value: ConfigValue, in decoding: inout SettingDecoding) -> Bool? {
        switch value.content {
        case .boolean(let flag): return flag
        case .text("true"): return true
        case .text("false"): return false
        default:
            decoding.refuse(value, expected: schema.expectation) { ["true", "false"].contains($0) }
            return nil
        }
    }

    /// The value itself.
    public var configValue: ConfigValue { ConfigValue(.boolean(self)) }
}

extension Int: SettingValue {
    /// A whole number.
    public static let schema = SettingSchema(
        expectation: "a whole number, 0 or more",
        typeName: "number",
        json: ["type": "integer", "minimum": 0]
    )

    /// Reads a whole number that is not negative.
    public static func decode(_ value: ConfigValue, in decoding: inout SettingDecoding) -> Int? {
        switch value.content {
        case .integer(let number) where number >= 0: return number
        case .text(let text): if let number = Int(text), number >= 0 { return number }
        default: break
        }
        decoding.refuse(value, expected: schema.expectation) { Int($0).map { $0 >= 0 } ?? false }
        return nil
    }

    /// The value itself.
    public var configValue: ConfigValue { ConfigValue(.integer(self)) }
}

extension String: SettingValue {
    /// Any text that is not empty.
    public static let schema = SettingSchema(expectation: "a text", typeName: "text", json: ["type": "string", "minLength": 1])

    /// Reads a text; a number or a `true` is refused, since it would be read back as another text than was written.
    public static func decode(_ value: ConfigValue, in decoding: inout SettingDecoding) -> String? {
        switch value.content {
        case .string(let text), .text(let text):
            if !text.isEmpty { return text }
        default: break
        }
        var hint = ""
        switch value.content {
        case .boolean, .integer, .number: hint = "; put it in quotes"
        default: break
        }
        decoding.refuse(value, because: "must be \(schema.expectation), not \(value.shortDescription)\(hint)")
        return nil
    }

    /// The value itself.
    public var configValue: ConfigValue { ConfigValue(.string(self)) }
}

extension SettingValue {
    /// Reads a value that is written as a text of its own form.
    static func decodeText(_ value: ConfigValue, in decoding: inout SettingDecoding, _ read: (String) -> Self?) -> Self? {
        switch value.content {
        case .string(let text), .text(let text): if let result = read(text) { return result }
        default: break
        }
        decoding.refuse(value, expected: schema.expectation)
        return nil
    }
}

extension Duration: SettingValue {
    /// Whole units: seconds, minutes, hours, days, weeks.
    public static let schema = SettingSchema(
        expectation: "a duration such as 90s, 15m, 24h, 7d or 2w",
        typeName: "duration",
        json: ["type": "string", "pattern": "^([0-9]+[smhdw])+$"]
    )

    /// Reads a duration; a number without a unit is refused.
    public static func decode(_ value: ConfigValue, in decoding: inout SettingDecoding) -> Duration? {
        switch value.content {
        case .integer(0), .string("0"), .text("0"):
            decoding.refuse(value, because: "must be \(schema.expectation), not \(value.shortDescription); write '0s'")
            return nil
        default: return decodeText(value, in: &decoding) { Duration(setting: $0) }
        }
    }

    /// The duration with its unit.
    public var configValue: ConfigValue { ConfigValue(.string(settingText)) }
}

extension ByteSize: SettingValue {
    /// An amount of bytes with its unit.
    public static let schema = SettingSchema(
        expectation: "a size such as 500MB or 1.5GiB",
        typeName: "size",
        json: ["type": "string", "pattern": "^[0-9]+(\\.[0-9]+)? ?([kKmMgGtT]([iI]?[bB]?)|[bB])$"]
    )

    /// Reads a size; a number without a unit is refused.
    public static func decode(_ value: ConfigValue, in decoding: inout SettingDecoding) -> ByteSize? {
        decodeText(value, in: &decoding) { text in text.last?.isNumber == true ? nil : ByteSize(text) }
    }

    /// The size with its unit.
    public var configValue: ConfigValue { ConfigValue(.string(description)) }
}

extension ReferencePattern: SettingValue {
    /// A glob over image references.
    public static let schema = SettingSchema(
        expectation: "a pattern of image references such as 'shop/*' or '*:latest'",
        typeName: "pattern",
        json: ["type": "string", "minLength": 1]
    )

    /// Reads a pattern; one that can match nothing is refused with the reason.
    public static func decode(_ value: ConfigValue, in decoding: inout SettingDecoding) -> ReferencePattern? {
        var reason = ""
        switch value.content {
        case .string(let text), .text(let text):
            do { return try ReferencePattern(checking: text) } catch { reason = text.isEmpty ? "" : ": \(error)" }
        default: break
        }
        decoding.refuse(value, because: "must be \(schema.expectation), not \(value.shortDescription)\(reason)")
        return nil
    }

    /// The pattern as written.
    public var configValue: ConfigValue { ConfigValue(.string(description)) }
}

extension Glob: SettingValue {
    /// A glob over names.
    public static let schema = SettingSchema(
        expectation: "a name or a pattern such as 'build-*'",
        typeName: "pattern",
        json: ["type": "string", "minLength": 1]
    )

    /// Reads a pattern.
    public static func decode(_ value: ConfigValue, in decoding: inout SettingDecoding) -> Glob? {
        decodeText(value, in: &decoding) { $0.isEmpty ? nil : Glob($0) }
    }

    /// The pattern as written.
    public var configValue: ConfigValue { ConfigValue(.string(description)) }
}
