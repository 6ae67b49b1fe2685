import OCI

/// The name of a registry as a setting has it: as image references name it, or with `http://` or `https://` in front.
public struct RegistryName: Hashable, Sendable, SettingValue, CustomStringConvertible {
    /// How a connection is made.
    public enum Scheme: String, Hashable, Sendable, CaseIterable {
        /// In plain text.
        case http
        /// By TLS.
        case https
    }

    /// The name as it was written.
    public let description: String
    /// How a connection is made; `nil` where the text does not say.
    public let scheme: Scheme?
    /// The name without what says how a connection is made: `registry.local:5000`.
    public let name: String

    /// Reads a name; `nil` for what a reference cannot name, even with a port added, and for a port that is none.
    public init?(_ text: String) {
        description = text
        let scheme = Scheme.allCases.first { text.lowercased().hasPrefix("\($0.rawValue)://") }
        self.scheme = scheme
        var rest = text.dropFirst(scheme.map { $0.rawValue.count + "://".count } ?? 0)
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        name = String(rest)
        // Without a port, a single word can only stand in an address.
        let named = name.contains(":") ? name : "\(name):443"
        guard ImageReference("\(named)/x")?.registry == named, Self.hasPort(named) else { return nil }
    }

    /// Any name of a registry.
    public static let schema = SettingSchema(
        expectation: "the name of a registry such as registry.local:5000, which may have http:// or https:// in front",
        typeName: "registry name",
        json: ["type": "string", "minLength": 1]
    )

    /// Reads a name.
    public static func decode(_ value: ConfigValue, in decoding: inout SettingDecoding) -> RegistryName? {
        decodeText(value, in: &decoding) { RegistryName($0) }
    }

    /// The name as it was written.
    public var configValue: ConfigValue { ConfigValue(.string(description)) }

    /// Says whether what stands behind the last colon is a port; an IPv6 address in its brackets needs none.
    private static func hasPort(_ name: String) -> Bool {
        if name.hasSuffix("]") { return true }
        guard let colon = name.lastIndex(of: ":"), let port = Int(name[name.index(after: colon)...]) else { return false }
        return (1...65_535).contains(port)
    }
}
