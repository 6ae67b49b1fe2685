/// A type that a setting may have.
public protocol SettingValue: Sendable {
    /// What a setting of this type takes.
    static var schema: SettingSchema { get }

    /// Reads a value that a user gave; a bad one is refused in `decoding`, and the result is `nil`.
    static func decode(_ value: ConfigValue, in decoding: inout SettingDecoding) -> Self?

    /// The value as a user would write it, for the printing of defaults.
    var configValue: ConfigValue { get }
}
