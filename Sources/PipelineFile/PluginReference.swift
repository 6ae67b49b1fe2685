package import HookKit

/// An executable that a pipeline file names as a plugin.
package struct PluginReference: Hashable, Sendable {
    /// The executable.
    package let path: ConfigPath
    /// Where the file names it.
    package let position: SourcePosition?
}
