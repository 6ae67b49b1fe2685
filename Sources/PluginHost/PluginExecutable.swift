package import HookKit

/// An executable that is named as a plugin.
package struct PluginExecutable: Hashable, Sendable {
    /// The executable.
    package let path: ConfigPath
    /// Where it is named, where that is in a file.
    package let position: SourcePosition?

    /// Names an executable.
    package init(path: ConfigPath, position: SourcePosition? = nil) {
        self.path = path
        self.position = position
    }

    /// The plugin in messages, and where its rules come from.
    package var title: String { "the plugin '\(path.description)'" }
}
