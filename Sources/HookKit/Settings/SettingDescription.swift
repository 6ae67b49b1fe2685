/// A setting as others see it: for the schema, the documentation and the plugin handshake.
public struct SettingDescription: Hashable, Sendable {
    /// The key in kebab-case.
    public let key: String
    /// A sentence.
    public let help: String
    /// What it takes.
    public let schema: SettingSchema
    /// What it is when left out; `nil` for a required or an optional setting.
    public let defaultValue: ConfigValue?

    /// Describes a setting.
    public init(key: String, help: String, schema: SettingSchema, defaultValue: ConfigValue?) {
        self.key = key
        self.help = help
        self.schema = schema
        self.defaultValue = defaultValue
    }

    /// Says whether the user must give it.
    public var isRequired: Bool { defaultValue == nil && !schema.isOptional }
}

extension Rule {
    /// The rule's settings in the order of their declaration.
    static var settingDescriptions: [SettingDescription] {
        Self().declaredSettings.map { key, setting in
            let written = setting.defaultConfigValue.flatMap { $0.content == .null ? nil : $0 }
            return SettingDescription(key: key, help: setting.help, schema: setting.schema, defaultValue: written)
        }
    }

    var declaredSettings: [(key: String, setting: any AnySetting)] {
        Mirror(reflecting: self).children.compactMap { child in
            // A property wrapper's storage has the property's name after an underscore.
            guard let label = child.label, label.hasPrefix("_"), let setting = child.value as? any AnySetting else { return nil }
            return (Self.kebabCase(label.dropFirst()), setting)
        }
    }

    private static func kebabCase(_ name: Substring) -> String {
        var result = ""
        for character in name {
            if character.isUppercase { result += "-" }
            result += character.lowercased()
        }
        return result
    }
}
