/// Reads the members of an object in a message, and says which is missing or wrong.
package struct WireObject: Sendable {
    /// What the object is, with an article, for messages.
    package let what: String
    private let members: [JSONValue.Member]

    /// Takes an object; `what` says what it should be.
    package init(_ value: JSONValue?, _ what: String) throws(WireMistake) {
        guard case .object(let members)? = value else { throw WireMistake("\(what) is no object") }
        self.members = members
        self.what = what
    }

    /// The member with this name; `null` is the same as none.
    package subscript(name: String) -> JSONValue? {
        let value = members.first { $0.name == name }?.value
        return value == .null ? nil : value
    }

    /// The names of all members, in order.
    package var names: [String] { members.map(\.name) }

    /// Refuses members other than these: a misspelt name would be lost without a word.
    package func allowOnly(_ known: Set<String>) throws(WireMistake) {
        for member in members where !known.contains(member.name) { throw WireMistake("\(what) has no '\(member.name)'") }
    }

    /// Reads a member that must be there.
    package func required<Value>(_ name: String, _ read: (JSONValue) throws(WireMistake) -> Value) throws(WireMistake) -> Value {
        guard let value = self[name] else { throw WireMistake("\(what) has no '\(name)'") }
        return try read(value)
    }

    /// Reads a member that may be left out.
    package func optional<Value>(_ name: String, _ read: (JSONValue) throws(WireMistake) -> Value) throws(WireMistake) -> Value? {
        guard let value = self[name] else { return nil }
        return try read(value)
    }

    // MARK: Members by type

    /// A text.
    package func string(_ name: String) throws(WireMistake) -> String {
        try required(name) { (value) throws(WireMistake) in try text(value, name) }
    }

    /// A text that may be left out.
    package func optionalString(_ name: String) throws(WireMistake) -> String? {
        try optional(name) { (value) throws(WireMistake) in try text(value, name) }
    }

    /// A whole number.
    package func integer(_ name: String) throws(WireMistake) -> Int {
        try required(name) { (value) throws(WireMistake) in try number(value, name) }
    }

    /// A whole number that may be left out.
    package func optionalInteger(_ name: String) throws(WireMistake) -> Int? {
        try optional(name) { (value) throws(WireMistake) in try number(value, name) }
    }

    /// `true` or `false`; left out, `fallback`.
    package func boolean(_ name: String, default fallback: Bool) throws(WireMistake) -> Bool {
        switch self[name] {
        case nil: return fallback
        case .boolean(let value)?: return value
        case _?: throw WireMistake("'\(name)' of \(what) is neither true nor false")
        }
    }

    /// A list; left out, an empty one.
    package func list<Element>(
        _ name: String,
        _ read: (JSONValue) throws(WireMistake) -> Element
    ) throws(WireMistake) -> [Element] {
        guard let value = self[name] else { return [] }
        guard case .array(let elements) = value else { throw WireMistake("'\(name)' of \(what) is no list") }
        var result: [Element] = []
        result.reserveCapacity(elements.count)
        for element in elements { result.append(try read(element)) }
        return result
    }

    /// A list of texts; left out, an empty one.
    package func strings(_ name: String) throws(WireMistake) -> [String] {
        try list(name) { (value) throws(WireMistake) in try text(value, name) }
    }

    /// A mapping; left out, an empty one.
    package func mapping<Value>(
        _ name: String,
        _ read: (JSONValue) throws(WireMistake) -> Value
    ) throws(WireMistake) -> [String: Value] {
        guard let value = self[name] else { return [:] }
        guard case .object(let members) = value else { throw WireMistake("'\(name)' of \(what) is no object") }
        var result: [String: Value] = [:]
        for member in members { result[member.name] = try read(member.value) }
        return result
    }

    /// A mapping to texts; left out, an empty one.
    package func texts(_ name: String) throws(WireMistake) -> [String: String] {
        try mapping(name) { (value) throws(WireMistake) in try text(value, name) }
    }

    private func text(_ value: JSONValue, _ name: String) throws(WireMistake) -> String {
        guard case .string(let text) = value else { throw WireMistake("'\(name)' of \(what) is no text") }
        return text
    }

    private func number(_ value: JSONValue, _ name: String) throws(WireMistake) -> Int {
        guard case .integer(let number) = value else { throw WireMistake("'\(name)' of \(what) is no whole number") }
        return number
    }
}
