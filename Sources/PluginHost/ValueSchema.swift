import HookKit
import PluginWire

/// What a setting of a plugin's rule takes: the part of JSON Schema that settings are made of.
struct ValueSchema: Sendable {
    /// The kinds of values.
    indirect enum Kind: Sendable {
        case boolean
        case integer(ClosedRange<Int>)
        case number(ClosedRange<Double>)
        case text(pattern: String?, lengths: ClosedRange<Int>)
        case choice([String])
        case list(ValueSchema, counts: ClosedRange<Int>)
        case mapping(ValueSchema)
    }

    /// The kind.
    let kind: Kind
    /// What to write there, with an article, as in «must be a size such as 500MB».
    let expectation: String
    /// A short name for the documentation.
    let typeName: String

    /// Understands a schema; `owner` is whose schema it is, for messages.
    init(_ json: JSONValue, of owner: String) throws(WireMistake) {
        let object = try WireObject(json, owner)
        kind = try Self.kind(of: object)
        expectation = try object.optionalString(SchemaAnnotation.expected) ?? Self.expectation(of: kind)
        typeName = try object.optionalString(SchemaAnnotation.type) ?? Self.typeName(of: kind)
    }

    /// Says whether it takes a text of no particular form.
    var takesAnyText: Bool {
        guard case .text(nil, _) = kind else { return false }
        return expectation == Self.expectation(of: kind)
    }

    private static let annotations: Set<String> = [
        "title", "description", "default", "examples", "deprecated", "$comment", SchemaAnnotation.expected, SchemaAnnotation.type,
    ]

    private static func kind(of object: WireObject) throws(WireMistake) -> Kind {
        func allow(_ names: String...) throws(WireMistake) {
            let known = annotations.union(names).union(["type"])
            for name in object.names where !known.contains(name) {
                throw WireMistake("\(object.what) says '\(name)', which hook does not know there")
            }
        }
        if object["enum"] != nil {
            try allow("enum")
            let words = try object.strings("enum")
            guard !words.isEmpty else { throw WireMistake("\(object.what) has an empty 'enum'") }
            return .choice(words)
        }
        switch try object.string("type") {
        case "boolean":
            try allow()
            return .boolean
        case "integer":
            try allow("minimum", "maximum")
            let least = try object.optionalInteger("minimum") ?? .min
            let most = try object.optionalInteger("maximum") ?? .max
            return .integer(try range(least, most, object))
        case "number":
            try allow("minimum", "maximum")
            let least = try number(object, "minimum") ?? -.greatestFiniteMagnitude
            return .number(try range(least, try number(object, "maximum") ?? .greatestFiniteMagnitude, object))
        case "string":
            try allow("pattern", "minLength", "maxLength")
            let pattern = try object.optionalString("pattern")
            if let pattern {
                do { _ = try Regex(pattern) } catch {
                    throw WireMistake("\(object.what) has a 'pattern' that hook does not understand: \(pattern)")
                }
            }
            let least = try object.optionalInteger("minLength") ?? 0
            return .text(pattern: pattern, lengths: try range(least, try object.optionalInteger("maxLength") ?? .max, object))
        case "array":
            try allow("items", "minItems", "maxItems")
            let element = try ValueSchema(object["items"] ?? .null, of: "an entry of \(object.what)")
            let least = try object.optionalInteger("minItems") ?? 0
            return .list(element, counts: try range(least, try object.optionalInteger("maxItems") ?? .max, object))
        case "object":
            try allow("additionalProperties")
            return .mapping(try ValueSchema(object["additionalProperties"] ?? .null, of: "a value of \(object.what)"))
        case let other:
            throw WireMistake("\(object.what) is of type '\(other)'; valid: boolean, integer, number, string, array, object")
        }
    }

    private static func range<Bound>(_ least: Bound, _ most: Bound, _ object: WireObject) throws(WireMistake) -> ClosedRange<Bound> {
        guard least <= most else { throw WireMistake("\(object.what) allows nothing: its minimum is above its maximum") }
        return least...most
    }

    private static func number(_ object: WireObject, _ name: String) throws(WireMistake) -> Double? {
        switch object[name] {
        case nil: return nil
        case .integer(let value)?: return Double(value)
        case .number(let value)?: return value
        case _?: throw WireMistake("'\(name)' of \(object.what) is no number")
        }
    }

    // MARK: Words

    private static func expectation(of kind: Kind) -> String {
        switch kind {
        case .boolean: "true or false"
        case .integer(let range):
            "a whole number" + bounds(range.lowerBound == .min, range.upperBound == .max, "\(range.lowerBound)", "\(range.upperBound)")
        case .number(let range):
            "a number"
                + bounds(
                    range.lowerBound == -.greatestFiniteMagnitude,
                    range.upperBound == .greatestFiniteMagnitude,
                    "\(range.lowerBound)",
                    "\(range.upperBound)"
                )
        case .text(let pattern?, _): "a text that matches \(pattern)"
        case .text(nil, let lengths):
            "a text" + (lengths.lowerBound > 1 ? " of \(lengths.lowerBound) characters or more" : "")
                + (lengths.upperBound < .max ? " of at most \(lengths.upperBound) characters" : "")
        case .choice(let words): "one of \(words.joined(separator: ", "))"
        case .list(let element, let counts):
            "a list" + (counts.lowerBound > 0 ? " of \(counts.lowerBound) or more" : "")
                + (counts.upperBound < .max ? " of at most \(counts.upperBound)" : "") + ", each entry \(element.expectation)"
        case .mapping(let value): "a mapping of names, each to \(value.expectation)"
        }
    }

    private static func bounds(_ hasNoLeast: Bool, _ hasNoMost: Bool, _ least: String, _ most: String) -> String {
        switch (hasNoLeast, hasNoMost) {
        case (true, true): ""
        case (false, true): ", \(least) or more"
        case (true, false): ", \(most) or less"
        case (false, false): " from \(least) to \(most)"
        }
    }

    /// The short name of several: words to choose from stand as they are.
    private var pluralTypeName: String {
        switch kind {
        case .choice, .boolean: typeName
        default: "\(typeName)s"
        }
    }

    private static func typeName(of kind: Kind) -> String {
        switch kind {
        case .boolean: "true or false"
        case .integer, .number: "number"
        case .text: "text"
        case .choice(let words): words.joined(separator: " | ")
        case .list(let element, _): "list of \(element.pluralTypeName)"
        case .mapping(let value): "mapping to \(value.pluralTypeName)"
        }
    }

    /// A schema without what is meant for messages only, for editors.
    static func withoutAnnotations(_ schema: JSONValue) -> JSONValue {
        switch schema {
        case .object(let members):
            .object(
                members.filter { $0.name != SchemaAnnotation.expected && $0.name != SchemaAnnotation.type }
                    .map { .init($0.name, withoutAnnotations($0.value)) }
            )
        default: schema
        }
    }
}
