package import PluginWire

/// What a plugin refuses of settings that agree with their schema: an entry of the answer to `validate`.
package struct SettingProblem: Hashable, Sendable {
    /// One line, lower case, without a full stop.
    package let message: String
    /// A JSON Pointer (RFC 6901) into the settings; empty where no place is known.
    package let pointer: String
    /// Says whether the key is meant, and not the value.
    package let isKey: Bool

    /// Refuses something.
    package init(message: String, pointer: String = "", isKey: Bool = false) {
        self.message = message
        self.pointer = pointer
        self.isKey = isKey
    }

    /// Reads an entry.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "a problem")
        message = try object.string("message")
        pointer = try object.optionalString("at") ?? ""
        isKey = try object.boolean("key", default: false)
    }

    /// The entry as an object.
    package var wire: JSONValue {
        .wire(["message": message, "at": pointer.isEmpty ? nil : pointer, "key": isKey ? true : nil])
    }

    /// The pointers of everything in a value, in the order in which `ConfigValue.init(_:place:)` asks for places.
    static func places(in value: JSONValue, pointer: String = "") -> [(pointer: String, isKey: Bool)] {
        var result = [(pointer: pointer, isKey: false)]
        switch value {
        case .array(let elements):
            for (index, element) in elements.enumerated() { result += places(in: element, pointer: "\(pointer)/\(index)") }
        case .object(let members):
            for member in members {
                let own = "\(pointer)/\(escaped(member.name))"
                result.append((own, true))
                result += places(in: member.value, pointer: own)
            }
        default: break
        }
        return result
    }

    /// Where the problem is in settings that have places; `nil` where nothing is there.
    package func position(in settings: ConfigValue) -> SourcePosition? {
        var current = settings
        var key: SourcePosition?
        for part in pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            let name = part.replacing("~1", with: "/").replacing("~0", with: "~")
            switch current.content {
            case .mapping(let entries):
                guard let entry = entries.first(where: { $0.key == name }) else { return nil }
                key = entry.keyPosition
                current = entry.value
            case .sequence(let elements):
                guard let index = Int(part), elements.indices.contains(index) else { return current.position }
                key = nil
                current = elements[index]
            default: return current.position
            }
        }
        return isKey ? key ?? current.position : current.position
    }

    private static func escaped(_ name: String) -> String { name.replacing("~", with: "~0").replacing("/", with: "~1") }
}
