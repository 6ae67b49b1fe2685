/// A path of a setting, relative to the pipeline file's directory, or to the working directory on the command line.
public struct ConfigPath: Hashable, Sendable, SettingValue, CustomStringConvertible {
    /// The path as it was written.
    public let description: String
    /// The path from the directory that it is relative to.
    public let absolute: String

    /// Makes a path.
    public init(_ text: String, in directory: String) {
        description = text
        absolute = text.hasPrefix("/") ? text : directory.hasSuffix("/") ? directory + text : directory + "/" + text
    }

    /// Any path.
    public static let schema = SettingSchema(expectation: "a path", typeName: "path", json: ["type": "string", "minLength": 1])

    /// Reads a path; a NUL byte, which no path holds, is refused.
    public static func decode(_ value: ConfigValue, in decoding: inout SettingDecoding) -> ConfigPath? {
        let directory = decoding.directory
        return decodeText(value, in: &decoding) { text in
            text.isEmpty || text.unicodeScalars.contains("\0") ? nil : ConfigPath(text, in: directory)
        }
    }

    /// The path as it was written.
    public var configValue: ConfigValue { ConfigValue(.string(description)) }
}
