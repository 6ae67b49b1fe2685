/// The names and numbers of the plugin protocol; `Documentation.docc/PluginProtocol.md` of HookKit tells the whole of it.
package enum PluginProtocol {
    /// The version that both ends speak; a plugin that answers with another one is refused.
    package static let version = 1

    /// The longest line that hook reads from a plugin, in bytes.
    package static let longestLine = 16 << 20

    /// What either end asks or tells the other.
    package enum Method {
        /// hook asks for the plugin's name and rules.
        package static let initialize = "initialize"
        /// hook asks whether a rule accepts settings that agree with its schema; answering it is up to the plugin.
        package static let validate = "validate"
        /// hook has a rule run.
        package static let run = "run"
        /// hook wants a run to end early.
        package static let cancel = "cancel"
        /// The plugin tells what a run found.
        package static let finding = "finding"
        /// The plugin tells how far a run has come.
        package static let progress = "progress"
        /// The plugin writes a line to hook's log.
        package static let log = "log"
        /// The plugin tells what space a run gave back.
        package static let reclaimed = "reclaimed"
        /// The plugin does not want the answer to a request any more.
        package static let cancelRequest = "cancelRequest"
        /// hook hands over a line that a command wrote.
        package static let output = "output"
    }

    /// The codes of errors.
    package enum ErrorCode {
        /// JSON-RPC: what was sent is no request.
        package static let invalidRequest = -32600
        /// JSON-RPC: there is no such method.
        package static let methodNotFound = -32601
        /// JSON-RPC: the parameters are wrong.
        package static let invalidParams = -32602
        /// What was asked for could not be done; `data` says more.
        package static let failed = -32000
        /// What was asked for was cancelled.
        package static let cancelled = -32001
    }
}
