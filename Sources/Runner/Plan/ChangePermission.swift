import HookKit

/// What the services of a stage may change while a plan is carried out.
struct ChangePermission: Sendable {
    /// The moment that ages are counted from.
    let time: Timestamp
    /// What may be changed.
    let changes: [PlannedChange]
    private let byKey: [PlannedChange.Key: PlannedChange]
    /// The digests of the commands that may run.
    private let commands: Set<String>

    /// Permits what a stage of a plan has, whatever the rule is.
    init(_ stage: PlannedStage) {
        time = stage.time
        changes = stage.changes
        byKey = Dictionary(stage.changes.map { ($0.key, $0) }) { first, _ in first }
        commands = Set(stage.looks + stage.changes.filter { $0.action == .runCommand }.map(\.target))
    }

    /// Permits nothing.
    static let nothing = ChangePermission(
        PlannedStage(number: 0, name: "", rule: "", settings: .object([]), fingerprint: "", time: Timestamp(seconds: 0))
    )

    /// Says whether the plan has exactly this change.
    func has(_ change: PlannedChange) -> Bool { byKey[change.key] == change }

    /// What the plan has of an action on a target.
    subscript(action: PlannedChange.Action, target: String) -> PlannedChange? { byKey[.init(action, target)] }

    /// Says whether a command with this digest may run.
    func permits(command digest: String) -> Bool { commands.contains(digest) }

    /// What the plan has of a registry's directory.
    func changes(below root: String) -> [PlannedChange] {
        let prefix = root.hasSuffix("/") ? root : root + "/"
        return changes.filter { $0.target.hasPrefix(prefix) }
    }
}
