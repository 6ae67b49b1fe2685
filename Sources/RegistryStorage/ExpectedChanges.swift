import HookKit
import OCI

/// What a plan that was written down says about a store, to be held against the plan that is about to be executed.
struct ExpectedChanges: Sendable {
    /// What may be executed, and what the difference is to what is due.
    struct Agreement {
        /// What is due and expected.
        let plan: SweepPlan
        /// How many changes somebody had made before.
        let madeBefore: Int
        /// The tags, and the repositories of whatever else, that are gone already.
        let gone: [RegistryLayout.Place]
        /// The paths of what could be mended and is not expected.
        let unmended: [EntryName]
    }

    /// How many differences stand in the sentence.
    private static let namedDifferences = 5

    /// What the deletion of a run's trash is called, whose period is over.
    static let trashRun = "trash-run"

    private let expected: [PlannedChange.Key: PlannedChange]
    /// Those that empty the trash, which lies beside the store: no sweep takes them.
    private let trash: [PlannedChange.Key: PlannedChange]

    init(_ changes: [PlannedChange]) {
        let all = Dictionary(changes.map { ($0.key, $0) }) { first, _ in first }
        trash = all.filter { $0.key.action == .remove(stored: Self.trashRun) }
        expected = all.filter { $0.key.action != .remove(stored: Self.trashRun) }
    }

    /// How many changes are expected.
    var count: Int { expected.count + trash.count }

    /// Says whether what lies at a path in the trash is expected to be deleted.
    func hasTrash(_ path: String) -> Bool { trash[.init(.remove(stored: Self.trashRun), path)] != nil }

    /// Says whether a removal that is due is expected, whatever its state.
    func has(_ removal: SweepPlan.Removal, in root: StorageRoot) -> Bool {
        expected[RegistryStoreReport.Removal(removal, in: root).change(subject: "").key] != nil
    }

    /// The part of a plan that is expected.
    ///
    /// What is due and not expected stays, and with it all that it names; what is expected and not there any more counts as done. Throws, so that
    /// nothing is changed, where something expected has another state, is needed by now, is too young by now, or is named by something that stays.
    /// So whatever is left of the plan is due now, by marks of now, and expected. StorageInvariants.md, lines H1 to H6.
    ///
    /// The caller holds the `StorageLock` since before the plan was made.
    func agree(with plan: SweepPlan, _ root: StorageRoot) throws(RegistryStoreError) -> Agreement {
        var missing = expected
        var differences: [PlannedChange.Key: RegistryStoreError.Difference] = [:]
        func isExpected(_ change: PlannedChange) -> Bool {
            guard let planned = expected[change.key] else { return false }
            missing[change.key] = nil
            if planned.state != change.state { differences[change.key] = .init(planned, planned.difference(to: change)) }
            return true
        }
        var restriction = SweepPlanRestriction(plan)
        plan.forEachRemoval { removal in
            restriction.take(isExpected(RegistryStoreReport.Removal(removal, in: root).change(subject: "")))
        }
        // In the order of what is restored and mended.
        let changes =
            plan.restored.map { PlannedChange(.mend, root.display($0.original), subject: "") }
            + plan.mends.map { mend in
                mend.onlySetsAside
                    ? PlannedChange(.remove(stored: SweepPlan.Kind.blob.rawValue), root.display(mend.path), subject: "")
                    : PlannedChange(.mend, root.display(mend.path), subject: "")
            }
        let mends = changes.map { isExpected($0) }
        let (restricted, needed) = restriction.restricted(mends: mends)
        for (removal, reason) in needed {
            let change = RegistryStoreReport.Removal(removal, in: root).change(subject: "")
            guard let planned = expected[change.key] else { continue }
            differences[change.key] = .init(planned, "it is not to be removed any more: \(reason)")
        }
        var madeBefore = 0
        var gone: [RegistryLayout.Place] = []
        for (key, planned) in missing {
            if let path = done(planned, root) {
                madeBefore += 1
                if let place = RegistryLayout.Place(of: path) { gone.append(place) }
            } else {
                let verb = planned.action == .mend ? "mended" : "removed"
                differences[key] = .init(planned, "it is not to be \(verb) any more: \(reason(planned, plan, root))")
            }
        }
        madeBefore += trash.values.count { done($0, root) != nil }
        if !differences.isEmpty { throw refusal(differences.values, root) }
        // A mistake in the restriction must not cost anybody an image.
        restricted.forEachRemoval { removal in
            precondition(
                expected[RegistryStoreReport.Removal(removal, in: root).change(subject: "").key] != nil,
                "a mistake in SweepPlanRestriction: '\(removal.path)' is not in the plan"
            )
        }
        return Agreement(
            plan: restricted,
            madeBefore: madeBefore,
            gone: gone,
            unmended: zip(plan.restored.map(\.original) + plan.mends.map(\.path), mends).filter { !$1 }.map(\.0)
        )
    }

    private func refusal(_ found: some Collection<RegistryStoreError.Difference>, _ root: StorageRoot) -> RegistryStoreError {
        let differences = found.sorted {
            ($0.planned.target, $0.planned.action.rawValue) < ($1.planned.target, $1.planned.action.rawValue)
        }
        var texts = differences.prefix(Self.namedDifferences).map { "\($0.planned.action) '\($0.planned.target)': \($0.reason)" }
        if differences.count > texts.count { texts.append("and \(differences.count - texts.count) more") }
        return RegistryStoreError(
            .changed,
            "'\(root.basePath)' is not as it was when the plan was made, so nothing was changed: \(texts.joined(separator: "; "))",
            differences: differences
        )
    }

    /// Why a change is not due any more.
    private func reason(_ change: PlannedChange, _ plan: SweepPlan, _ root: StorageRoot) -> String {
        let place = path(of: change, root).flatMap { RegistryLayout.Place(of: $0) }
        guard let place else {
            let whole = plan.wholeRepositories.isEmpty ? "" : ", as a repository does that is kept whole now,"
            return "something needs it by now\(whole), or it was written anew"
        }
        guard plan.wholeRepositories.contains(place.repository) else { return "something needs it by now, or it was written anew" }
        let found = plan.problems.first { $0.repository == place.repository }
        let problem = found.map { ": '\(root.display($0.path))': \($0.message)" } ?? ""
        return "'\(place.repository)' is kept whole now, because something in it is damaged or not understood\(problem)"
    }

    /// The path of a change in the store; `nil` where something in it is escaped: it is not the one on the disk, so that nothing is known of it.
    private func path(of change: PlannedChange, _ root: StorageRoot) -> EntryName? {
        let base = root.basePath + "/"
        guard change.target.hasPrefix(base), !change.target.utf8.contains(UInt8(ascii: "\\")) else { return nil }
        return EntryName(String(change.target.dropFirst(base.count)))
    }

    /// The path of a change that is not due, in the store, where the disk shows that it was made: what was to go is gone, what was to be written is
    /// there.
    private func done(_ change: PlannedChange, _ root: StorageRoot) -> EntryName? {
        guard let path = path(of: change, root) else { return nil }
        let isThere: Bool
        let buffer = PathBuffer()
        defer { withExtendedLifetime(buffer) {} }
        do throws(Errno) {
            _ = try root.calls.status(buffer.path(path), in: root.number)
            isThere = true
        } catch  where error == .noSuchFile || error == .notADirectory {
            isThere = false
        } catch {
            return nil
        }
        let shouldBeThere = change.action == .mend && RegistryLayout.isFile(path)
        return isThere == shouldBeThere ? path : nil
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
