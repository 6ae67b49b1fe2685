import HookKit

/// What a stage of `prune` was told, as a value that the planner reads.
struct PrunePolicy: Sendable {
    /// Whether a kind of thing may be removed at all.
    enum Scope: Sendable {
        case leave
        case remove
    }

    var dangling = Scope.remove
    var unused = Scope.leave
    var images: [ReferencePattern] = [.everything]
    var protect: [ReferencePattern] = []
    var labels: [LabelFilter] = []
    var olderThan = Duration.seconds(3600)
    var keepLast: Int?
    var keepBytes: ByteSize?
    var containers = Scope.leave
    var networks = Scope.leave
    var volumes: [Glob] = []
    var buildCache = Scope.leave

    /// Says whether it chooses among images, by their names or by labels that they must have.
    var isNarrow: Bool { !images.contains(where: \.matchesEverything) || labels.contains { !$0.isNegated } }

    /// The settings that hold images by their names, for a message; `nil` where there are none.
    var settingsByName: String? {
        let holdsByName = protect.contains { !$0.matchesEverything && !$0.namesIdentifier }
        let settings = (holdsByName ? ["'protect'"] : []) + (keepLast == nil ? [] : ["'keep-last'"])
        return settings.isEmpty ? nil : settings.joined(separator: " and ")
    }
}
