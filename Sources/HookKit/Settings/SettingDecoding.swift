/// The reading of one setting: where relative paths start, and what was refused.
public struct SettingDecoding: Sendable {
    /// The setting's key.
    public let key: String
    /// The directory that relative paths in the value are relative to.
    public let directory: String
    /// What was refused so far.
    public private(set) var diagnostics: [Diagnostic] = []

    /// Begins to read a setting.
    public init(key: String, directory: String) {
        self.key = key
        self.directory = directory
    }

    /// Refuses a value, saying what would be right.
    public mutating func refuse(_ value: ConfigValue, expected: String) {
        refuse(value, because: "must be \(expected), not \(value.shortDescription)")
    }

    /// Refuses a value with a sentence that follows the setting's name.
    public mutating func refuse(_ value: ConfigValue, because reason: String) {
        diagnostics.append(Diagnostic(.error, "'\(key)' \(reason)", at: value.position))
    }
}
