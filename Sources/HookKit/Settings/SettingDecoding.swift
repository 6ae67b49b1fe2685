/// The reading of one setting: where relative paths start, and what was refused.
public struct SettingDecoding: Sendable {
    /// The setting's key.
    public let key: String
    /// The directory that relative paths in the value are relative to.
    public let directory: String
    /// What holds where the setting is left out, as a sentence for messages: `it is ["*"]`; `nil` where nothing can be said.
    package let leftOut: String?
    /// What was refused so far.
    public private(set) var diagnostics: [Diagnostic] = []

    /// Begins to read a setting.
    public init(key: String, directory: String) {
        self.init(key: key, directory: directory, leftOut: nil)
    }

    /// Begins to read a setting of which it is known what holds without it.
    package init(key: String, directory: String, leftOut: String?) {
        self.key = key
        self.directory = directory
        self.leftOut = leftOut
    }

    /// Begins to read a setting that has this default, or none.
    package init(key: String, directory: String, default value: ConfigValue?) {
        let written = value.flatMap { $0.content == .null ? nil : $0.yaml }
        self.init(key: key, directory: directory, leftOut: written.map { "it is \($0)" })
    }

    /// Refuses a value, saying what would be right.
    public mutating func refuse(_ value: ConfigValue, expected: String) {
        refuse(value, because: "must be \(expected), not \(value.shortDescription)")
    }

    /// Refuses a value, saying what would be right; a text in quotes that would be so without them is told of.
    package mutating func refuse(_ value: ConfigValue, expected: String, unquoted isRight: (String) -> Bool) {
        var hint = ""
        if case .string(let text) = value.content, isRight(text) { hint = "; take the quotes away" }
        refuse(value, because: "must be \(expected), not \(value.shortDescription)\(hint)")
    }

    /// Refuses a value with a sentence that follows the setting's name.
    public mutating func refuse(_ value: ConfigValue, because reason: String) {
        diagnostics.append(Diagnostic(.error, "'\(key)' \(reason)", at: value.position))
    }
}
