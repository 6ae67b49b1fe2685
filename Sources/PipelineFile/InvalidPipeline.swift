package import HookKit

/// A pipeline file that cannot be run, with everything that is wrong with it.
package struct InvalidPipeline: Error, Sendable, CustomStringConvertible {
    /// What is wrong, in the order of the file, each said once.
    package let diagnostics: [Diagnostic]
    /// Prints diagnostics with the file's lines.
    package let renderer: DiagnosticRenderer

    /// The diagnostics as editors read them, each with its line and a caret.
    package var description: String { renderer.text(for: diagnostics) }
}
