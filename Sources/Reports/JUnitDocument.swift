import FoundationEssentials
import XMLCoder

/// A JUnit XML document, as XMLCoder writes it: `testsuites` and what stands in it.
///
/// Source of names and order: junit-10.xsd of Jenkins' xUnit plugin.
struct JUnitDocument: Encodable, DynamicNodeEncoding {
    /// A text with everything escaped that XML would read as markup; what XML forbids altogether must be gone already (`VisibleText`).
    ///
    /// XMLCoder's own escaping reads a text once for each of five characters, which takes more time than all of the rest.
    struct Text: Encodable {
        private let escaped: String

        /// Escapes a text.
        init(_ text: String) {
            guard text.utf8.contains(where: { Self.reference($0) != nil }) else {
                escaped = text
                return
            }
            var out: [UInt8] = []
            out.reserveCapacity(text.utf8.count + 16)
            for byte in text.utf8 {
                if let reference = Self.reference(byte) { out += reference.utf8 } else { out.append(byte) }
            }
            escaped = String(decoding: out, as: UTF8.self)
        }

        /// Encodes the escaped text.
        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(escaped)
        }

        private static func reference(_ byte: UInt8) -> String? {
            switch byte {
            case UInt8(ascii: "&"): "&amp;"
            case UInt8(ascii: "<"): "&lt;"
            case UInt8(ascii: ">"): "&gt;"
            case UInt8(ascii: "\""): "&quot;"
            default: nil
            }
        }
    }

    /// A stage.
    struct Suite: Encodable, DynamicNodeEncoding {
        var name: Text
        var tests: Text
        var failures: Text
        var errors: Text
        var skipped: Text
        var time: Text
        var timestamp: Text
        var properties: Properties
        var testcase: [Case]

        static func nodeEncoding(for key: any CodingKey) -> XMLEncoder.NodeEncoding {
            key.stringValue == "properties" || key.stringValue == "testcase" ? .element : .attribute
        }
    }

    /// The list of a stage's properties.
    struct Properties: Encodable, DynamicNodeEncoding {
        var property: [Property]

        static func nodeEncoding(for key: any CodingKey) -> XMLEncoder.NodeEncoding { .element }
    }

    /// A property.
    struct Property: Encodable, DynamicNodeEncoding {
        var name: Text
        var value: Text

        static func nodeEncoding(for key: any CodingKey) -> XMLEncoder.NodeEncoding { .attribute }
    }

    /// A finding, or how a stage ended.
    struct Case: Encodable, DynamicNodeEncoding {
        enum CodingKeys: String, CodingKey {
            case classname, name, time, failure, error, skipped
            case systemOut = "system-out"
        }

        var classname: Text
        var name: Text
        var time: Text?
        var failure: Problem?
        var error: Problem?
        var skipped: Problem?
        var systemOut: Text?

        static func nodeEncoding(for key: any CodingKey) -> XMLEncoder.NodeEncoding {
            switch key.stringValue {
            case "classname", "name", "time": .attribute
            default: .element
            }
        }
    }

    /// Why a case did not pass.
    struct Problem: Encodable, DynamicNodeEncoding {
        enum CodingKeys: String, CodingKey {
            case type, message
            case text = ""
        }

        var type: Text
        var message: Text
        var text: Text

        static func nodeEncoding(for key: any CodingKey) -> XMLEncoder.NodeEncoding {
            key.stringValue.isEmpty ? .element : .attribute
        }
    }

    var name: Text
    var time: Text
    var tests: Text
    var failures: Text
    var errors: Text
    var testsuite: [Suite]

    static func nodeEncoding(for key: any CodingKey) -> XMLEncoder.NodeEncoding {
        key.stringValue == "testsuite" ? .element : .attribute
    }

    /// The document's bytes in UTF-8.
    var bytes: [UInt8] {
        let encoder = XMLEncoder()
        encoder.charactersEscapedInElements = []
        encoder.charactersEscapedInAttributes = []
        encoder.outputFormatting = .prettyPrinted
        encoder.prettyPrintIndentation = .spaces(2)
        do {
            let header = XMLHeader(version: 1.0, encoding: "UTF-8")
            return try Array(encoder.encode(self, withRootKey: "testsuites", header: header)) + [UInt8(ascii: "\n")]
        } catch {
            // XMLCoder refuses infinite numbers and elements as attributes; this document holds texts alone.
            preconditionFailure("a mistake in JUnitDocument: \(error)")
        }
    }
}
