import Synchronization

/// A setting of a rule: the one place where its name, type, default and help stand.
///
///     @Setting(help: "Largest size allowed.") var limit: ByteSize = "500MB"
///
/// The key is the property's name in kebab-case. A property without a default is required, unless its type is optional.
@propertyWrapper
public struct Setting<Value: SettingValue>: Sendable {
    /// The value shared by all copies of one rule instance; it is written once, before the rule runs.
    final class Box: Sendable {
        private let content: Mutex<Value?>
        init(_ value: Value?) { content = Mutex(value) }
        var value: Value? {
            get { content.withLock { $0 } }
            set { content.withLock { $0 = newValue } }
        }
    }

    let box: Box
    let help: String
    let defaultValue: Value?

    /// Declares a setting with a default.
    public init(wrappedValue: Value, help: String) {
        box = Box(wrappedValue)
        defaultValue = wrappedValue
        self.help = help
    }

    /// Declares a setting that the user must give.
    public init(help: String) {
        box = Box(nil)
        defaultValue = nil
        self.help = help
    }

    /// Declares a setting that may be left out.
    public init(help: String) where Value: ExpressibleByNilLiteral {
        self.init(wrappedValue: nil, help: help)
    }

    /// The value that the user gave, or the default.
    public var wrappedValue: Value {
        guard let value = box.value else { preconditionFailure("a required setting was read before the settings were decoded") }
        return value
    }
}

/// What a rule's settings have in common, whatever their types; found by reflection on a fresh rule.
protocol AnySetting {
    var help: String { get }
    var defaultConfigValue: ConfigValue? { get }
    var schema: SettingSchema { get }
    func decode(_ value: ConfigValue, in decoding: inout SettingDecoding)
}

extension Setting: AnySetting {
    var defaultConfigValue: ConfigValue? { defaultValue?.configValue }
    var schema: SettingSchema { Value.schema }
    func decode(_ value: ConfigValue, in decoding: inout SettingDecoding) {
        if let own = Value.decode(value, in: &decoding) { box.value = own }
    }
}
