import HookKit
import OCI

/// What a plan that was written down says about a store, to be held against the plan that is about to be executed.
struct ExpectedChanges {
    /// How many differences are named.
    private static let namedDifferences = 5

    private let expected: [PlannedChange.Key: PlannedChange]

    init(_ changes: [PlannedChange]) {
        expected = Dictionary(changes.map { ($0.key, $0) }) { first, _ in first }
    }

    /// Throws where the plan would change anything else than what is expected, or less.
    ///
    /// The caller holds the `StorageLock` since before the plan was made.
    func check(_ plan: SweepPlan, _ root: StorageRoot) throws(RegistryStoreError) {
        var missing = expected
        var differences: [String] = []
        var count = 0
        func differ(_ text: @autoclosure () -> String) {
            count += 1
            if count <= Self.namedDifferences { differences.append(text()) }
        }
        func compare(_ change: PlannedChange) {
            guard let planned = expected[change.key] else {
                differ("\(change.action) '\(change.target)' is due now and not in the plan")
                return
            }
            missing[change.key] = nil
            if planned.state != change.state {
                differ("\(change.action) '\(change.target)' was \(Self.text(planned.state)), and is \(Self.text(change.state)) now")
            }
        }
        plan.forEachRemoval { compare(RegistryStoreReport.Removal($0, in: root).change(subject: "")) }
        for path in plan.mendedPaths { compare(PlannedChange(.mend, root.display(path), subject: "")) }
        for key in missing.keys.sorted(by: { ($0.target, $0.action.rawValue) < ($1.target, $1.action.rawValue) }) {
            differ("\(key.action) '\(key.target)' is not due any more")
        }
        guard count > 0 else { return }
        if count > differences.count { differences.append("and \(count - differences.count) more") }
        throw RegistryStoreError(
            .changed,
            "'\(root.basePath)' is not as it was when the plan was made, so nothing was changed: \(differences.joined(separator: "; "))"
        )
    }

    private static func text(_ state: [String: [String]]) -> String {
        if state.isEmpty { return "without a size" }
        return state.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.joined(separator: ", "))" }.joined(separator: ", ")
    }
}

extension RegistryStoreReport.Removal {
    /// Describes a removal of a plan, with the path that people see.
    init(_ removal: SweepPlan.Removal, in root: StorageRoot) {
        self.init(
            kind: removal.kind.rawValue,
            path: root.display(removal.path),
            reason: removal.reason.rawValue,
            bytes: ByteSize(bytes: removal.bytes),
            digest: removal.target.flatMap { Digest($0.description) }
        )
    }
}
