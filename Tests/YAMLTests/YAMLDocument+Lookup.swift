import Testing
import YAML

extension YAMLDocument {
    /// The value under a key of the root.
    func value(_ key: String) throws -> YAMLNode {
        guard case .mapping(let entries) = try #require(root).content else { throw NoSuchNode() }
        return try #require(entries.first { $0.key == key }).value
    }

    /// The scalar under a key of the root.
    func scalar(_ key: String) throws -> YAMLScalar {
        guard case .scalar(let scalar) = try value(key).content else { throw NoSuchNode() }
        return scalar
    }

    /// The problems, each as `line:column: message`, with its notes after it in the same form.
    var problemLines: [String] {
        problems.flatMap { problem in
            let place = problem.position.map { "\($0.line):\($0.column): " } ?? ""
            return [place + problem.message] + problem.notes.map { "\($0.position.line):\($0.position.column): note: \($0.message)" }
        }
    }
}

/// The document has another shape than the test thought.
struct NoSuchNode: Error {}

extension YAMLNode {
    /// The node as one line, without places: `{a: [1, 'x']}`, with texts in single quotes.
    var outline: String {
        switch content {
        case .scalar(let scalar):
            switch scalar.value {
            case .null: "null"
            case .boolean(let value): "\(value)"
            case .integer(let value): "\(value)"
            case .float(let value): "\(value)"
            case .text: "'\(scalar.text)'"
            }
        case .sequence(let nodes): "[" + nodes.map(\.outline).joined(separator: ", ") + "]"
        case .mapping(let entries): "{" + entries.map { "\($0.key): \($0.value.outline)" }.joined(separator: ", ") + "}"
        }
    }
}
