import HookKit
import PluginWire

/// Why hook ended the conversation with a plugin.
enum EndReason: Sendable {
    /// hook has nothing more to say.
    case done
    /// The plugin closed its standard output, or ended.
    case outputEnded
    /// It did not answer in time.
    case noAnswer(method: String, limit: Duration)
    /// It wrote what is no message.
    case garbage(WireMistake, line: [UInt8])
    /// It wrote a line that is too long.
    case longLine(beginning: [UInt8])
    /// It did not end a run that was cancelled.
    case ignoredCancel(gracePeriod: Duration)

    /// Says whether the plugin may end by itself.
    var isPolite: Bool {
        switch self {
        case .done, .outputEnded: true
        default: false
        }
    }

    /// The failure for whoever waited for the plugin.
    ///
    /// - Parameters:
    ///   - title: the plugin in messages.
    ///   - activity: what it was doing, as the end of a sentence: `while it ran 'size-budget'`.
    ///   - status: how the process ended; `nil` where it never ran.
    ///   - quote: the end of its standard error, as the end of a sentence.
    func failure(title: String, activity: String, status: CommandResult.Status, quote: String) -> PluginFailure {
        switch self {
        case .done: PluginFailure(.ended, "\(title) was ended \(activity)\(quote)")
        case .outputEnded: PluginFailure(.ended, "\(title) \(Self.text(of: status)) \(activity)\(quote)")
        case .noAnswer(let method, let limit):
            PluginFailure(.noAnswer, "\(title) did not answer '\(method)' within \(Self.text(of: limit)), and was ended\(quote)")
        case .garbage(let mistake, let line):
            PluginFailure(.garbage, "\(title) wrote what is no message of the protocol, since \(mistake): \(Self.shown(line))\(quote)")
        case .longLine(let beginning):
            PluginFailure(
                .garbage,
                "\(title) wrote a line of more than \(PluginProtocol.longestLine) bytes, which begins with \(Self.shown(beginning))\(quote)"
            )
        case .ignoredCancel(let gracePeriod):
            PluginFailure(
                .cancelled,
                "\(title) did not end within \(Self.text(of: gracePeriod)) of being cancelled \(activity), and was ended\(quote)"
            )
        }
    }

    private static func text(of duration: Duration) -> String {
        duration.components.attoseconds == 0 ? duration.settingText : "\(Int(duration / .milliseconds(1)))ms"
    }

    private static func text(of status: CommandResult.Status) -> String {
        switch status {
        case .exited(let code): "ended with exit code \(code)"
        case .signalled(let signal): "was ended by signal \(signal)"
        }
    }

    private static func shown(_ bytes: [UInt8]) -> String {
        let text = String(decoding: bytes.prefix(120), as: UTF8.self)
        return "'\(text)\(bytes.count > 120 ? "..." : "")'"
    }
}
