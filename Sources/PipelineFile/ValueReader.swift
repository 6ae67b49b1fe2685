import HookKit
import YAML

/// Turns nodes into values for settings, with variables in their places.
struct ValueReader {
    /// Finds the values of variables.
    var variables: Variables

    /// The value of a node; a scalar with a variable in it becomes a text whose type is what its setting wants.
    mutating func value(_ node: YAMLNode) -> ConfigValue {
        let content: ConfigValue.Content =
            switch node.content {
            case .scalar(let scalar): self.content(scalar, of: node)
            case .sequence(let nodes): .sequence(nodes.map { value($0) })
            case .mapping(let entries):
                .mapping(
                    entries.map { ConfigValue.Entry(key: $0.key, keyPosition: $0.keyPosition.inSource, value: value($0.value)) }
                )
            }
        guard case .scalar(let scalar) = node.content else { return ConfigValue(content, at: node.position.inSource) }
        return ConfigValue(content, at: node.position.inSource, written: scalar.text)
    }

    /// The value of a node where numbers and booleans stand for the text that they are written with.
    mutating func textValue(_ node: YAMLNode) -> ConfigValue {
        guard case .scalar(let scalar) = node.content, scalar.value != .null, scalar.value != .text else { return value(node) }
        return ConfigValue(.string(scalar.text), at: node.position.inSource)
    }

    private mutating func content(_ scalar: YAMLScalar, of node: YAMLNode) -> ConfigValue.Content {
        switch scalar.value {
        case .null: return .null
        case .boolean(let value): return .boolean(value)
        case .integer(let value): return .integer(value)
        case .float(let value): return .number(value)
        case .text: break
        }
        guard scalar.text.utf8.contains(UInt8(ascii: "$")) else { return .string(scalar.text) }
        guard let text = variables.expand(scalar, of: node) else { return .text("") }
        // `$$` alone brings nothing in, so that the scalar is still the text that it looks like.
        return scalar.text.contains("${") ? .text(text) : .string(text)
    }
}
