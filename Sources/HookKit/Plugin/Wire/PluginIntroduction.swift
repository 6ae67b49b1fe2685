package import PluginWire

/// The answer to `initialize`: who the plugin is and which rules it brings.
package struct PluginIntroduction: Sendable {
    /// The version of the protocol that the plugin speaks.
    package let protocolVersion: Int
    /// The plugin's name.
    package let name: String
    /// The plugin's own version.
    package let version: String
    /// The rules.
    package let rules: [RuleDeclaration]

    /// Introduces a plugin.
    package init(name: String, version: String, rules: [RuleDeclaration]) {
        protocolVersion = PluginProtocol.version
        self.name = name
        self.version = version
        self.rules = rules
    }

    /// Reads the answer; of one in another version of the protocol nothing but that version.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "the answer to 'initialize'")
        protocolVersion = try object.integer("protocol")
        guard protocolVersion == PluginProtocol.version else {
            (name, version, rules) = ("", "", [])
            return
        }
        try object.allowOnly(["protocol", "name", "version", "rules"])
        name = try object.string("name")
        version = try object.string("version")
        rules = try object.list("rules") { (value) throws(WireMistake) in try RuleDeclaration(wire: value) }
    }

    /// The answer as an object.
    package var wire: JSONValue {
        .wire(["protocol": protocolVersion, "name": name, "version": version, "rules": rules.map(\.wire)])
    }
}
