import History
import HookKit
import OCI

/// The words for what became of a generation and who made it, on one line each.
enum HistoryWording {
    /// What became of a generation's image.
    static func fate(_ past: PastGeneration, of history: TagHistory) -> String {
        var parts: [String] = []
        switch past.fate {
        case .named(let references):
            let isPresent = past.next == nil && history.present == .newest
            let others = references.filter { !isPresent || $0 != history.reference }.sorted()
            if isPresent { parts.append("named so now") }
            if !others.isEmpty { parts.append((isPresent ? "also " : "named ") + names(others)) }
            // A tag that came back to an image which it had before.
            if !isPresent, references.isEmpty { parts.append("named by what is no valid reference") }
        case .untagged: parts.append("<none>")
        case .removed(let time): parts.append("removed \(time)")
        case .gone: parts.append("gone, not known since when")
        case .notKnown: parts.append("not known")
        }
        let running = past.containers.filter { !$0.isStopped }.map(\.displayName).sorted()
        let stopped = past.containers.filter(\.isStopped).map(\.displayName).sorted()
        if !running.isEmpty { parts.append("running: \(list(running))") }
        if !stopped.isEmpty { parts.append("held by stopped: \(list(stopped))") }
        if let push = past.pushes.last { parts.append("pushed \(push)") }
        return VisibleText.line(parts.joined(separator: "; "), limit: 1000)
    }

    /// How long a generation lived.
    static func lifetime(_ past: PastGeneration, of history: TagHistory, now: Timestamp) -> String {
        if let lifetime = past.lifetime { return short(lifetime) }
        return history.present == .newest ? "\(short(now.since(past.generation.firstSeen))) so far" : ""
    }

    /// A build in a few words.
    static func build(_ build: BuildRecord) -> String { VisibleText.line(build.shortDescription, limit: 300) }

    /// An engine in a few words.
    static func engine(_ engine: LedgerEngine) -> String {
        let parts = [engine.product, "on", engine.name.isEmpty ? engine.identifier : engine.name, "(\(engine.endpoint))"]
        return VisibleText.line(parts.joined(separator: " "), limit: 300)
    }

    /// Why nothing is said of the present; `nil` where something is.
    static func silence(_ answer: EngineAnswer, of engine: LedgerEngine?) -> String? {
        switch answer {
        case .answered(let view):
            guard let engine, view.identity.identifier != engine.identifier else { return nil }
            return "another engine answers at \(VisibleText.line(view.identity.endpoint, limit: 300)): what is there now is not known"
        case .silent(let reason): return "what is there now is not known: \(VisibleText.line(reason, limit: 600))"
        case .notAsked: return "what is there now is not known: no engine was asked"
        }
    }

    private static func names(_ references: [ImageReference]) -> String { list(references.map { "'\($0)'" }) }

    private static func list(_ names: [String]) -> String {
        names.count > 4 ? names.prefix(3).joined(separator: ", ") + " and \(names.count - 3) more" : names.joined(separator: ", ")
    }

    /// A duration in at most two units: `2d 3h`, `45m`, `0s`.
    static func short(_ duration: Duration) -> String {
        let seconds = duration.components.seconds
        // A clock that was set back: what it showed is no duration.
        guard seconds >= 0 else { return "not known" }
        let units: [(String, Int64)] = [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)]
        guard let first = units.firstIndex(where: { seconds >= $0.1 }) else { return "0s" }
        let (unit, size) = units[first]
        let rest = seconds % size
        guard first + 1 < units.count, rest >= units[first + 1].1 else { return "\(seconds / size)\(unit)" }
        return "\(seconds / size)\(unit) \(rest / units[first + 1].1)\(units[first + 1].0)"
    }
}
