import HookKit
import YAML

extension YAMLPosition {
    /// The same place, as diagnostics have it.
    var inSource: SourcePosition { SourcePosition(line: line, column: column) }
}
