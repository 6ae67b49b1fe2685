package import PluginWire

/// A value of HookKit that stands in the messages between hook and a plugin.
package protocol WireValue {
    /// Reads the value from a message.
    init(wire value: JSONValue) throws(WireMistake)

    /// The value as a message has it.
    var wire: JSONValue { get }
}

extension JSONValue {
    /// An object of the members that are there.
    package static func wire(_ members: KeyValuePairs<String, (any WireValue)?>) -> JSONValue {
        .object(members.compactMap { name, value in value.map { Member(name, $0.wire) } })
    }

    /// An object by names, which are sorted.
    package static func wire<Value: WireValue>(_ values: [String: Value]) -> JSONValue {
        .object(values.sorted { $0.key < $1.key }.map { Member($0.key, $0.value.wire) })
    }

    /// An object by digests.
    package static func wire<Value: WireValue>(_ values: [Digest: Value]) -> JSONValue {
        wire([String: Value](uniqueKeysWithValues: values.map { ($0.key.description, $0.value) }))
    }
}

extension WireObject {
    /// A member that must be there.
    package func value<Value: WireValue>(_ name: String, _: Value.Type = Value.self) throws(WireMistake) -> Value {
        try required(name) { (value) throws(WireMistake) in try Value(wire: value) }
    }

    /// A member that may be left out.
    package func optionalValue<Value: WireValue>(_ name: String, _: Value.Type = Value.self) throws(WireMistake) -> Value? {
        try optional(name) { (value) throws(WireMistake) in try Value(wire: value) }
    }

    /// A list; left out, an empty one.
    package func values<Value: WireValue>(_ name: String, _: Value.Type = Value.self) throws(WireMistake) -> [Value] {
        try list(name) { (value) throws(WireMistake) in try Value(wire: value) }
    }

    /// A mapping by digests; left out, an empty one.
    package func byDigest<Value: WireValue>(_ name: String, _: Value.Type = Value.self) throws(WireMistake) -> [Digest: Value] {
        let read = try mapping(name) { (value) throws(WireMistake) in try Value(wire: value) }
        var result: [Digest: Value] = [:]
        for (key, value) in read { result[try Digest(wire: .string(key))] = value }
        return result
    }

    /// A mapping by references; left out, an empty one.
    package func byReference<Value: WireValue>(
        _ name: String,
        _: Value.Type = Value.self
    ) throws(WireMistake) -> [ImageReference: Value] {
        let read = try mapping(name) { (value) throws(WireMistake) in try Value(wire: value) }
        var result: [ImageReference: Value] = [:]
        for (key, value) in read { result[try ImageReference(wire: .string(key))] = value }
        return result
    }
}

extension JSONValue: WireValue {
    /// Any value.
    package init(wire value: JSONValue) { self = value }
    /// The value itself.
    package var wire: JSONValue { self }
}

extension String: WireValue {
    /// A text.
    package init(wire value: JSONValue) throws(WireMistake) {
        guard case .string(let text) = value else { throw WireMistake("a text is expected, not \(value.text().prefix(60))") }
        self = text
    }
    /// A text.
    package var wire: JSONValue { .string(self) }
}

extension Bool: WireValue {
    /// `true` or `false`.
    package init(wire value: JSONValue) throws(WireMistake) {
        guard case .boolean(let flag) = value else { throw WireMistake("true or false is expected, not \(value.text().prefix(60))") }
        self = flag
    }
    /// `true` or `false`.
    package var wire: JSONValue { .boolean(self) }
}

extension Int: WireValue {
    /// A whole number.
    package init(wire value: JSONValue) throws(WireMistake) {
        guard case .integer(let number) = value else { throw WireMistake("a whole number is expected, not \(value.text().prefix(60))") }
        self = number
    }
    /// A whole number.
    package var wire: JSONValue { .integer(self) }
}

extension Array: WireValue where Element: WireValue {
    /// A list.
    package init(wire value: JSONValue) throws(WireMistake) {
        guard case .array(let elements) = value else { throw WireMistake("a list is expected, not \(value.text().prefix(60))") }
        self = []
        reserveCapacity(elements.count)
        for element in elements { append(try Element(wire: element)) }
    }
    /// A list.
    package var wire: JSONValue { .array(map(\.wire)) }
}

extension Dictionary: WireValue where Key == String, Value: WireValue {
    /// An object.
    package init(wire value: JSONValue) throws(WireMistake) {
        guard case .object(let members) = value else { throw WireMistake("an object is expected, not \(value.text().prefix(60))") }
        self = [:]
        for member in members { self[member.name] = try Value(wire: member.value) }
    }
    /// An object whose members are sorted.
    package var wire: JSONValue { .wire(self) }
}
