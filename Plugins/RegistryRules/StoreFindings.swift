import HookKit

/// Turns the report of a registry's storage into findings.
struct StoreFindings {
    let context: RuleContext
    /// The directory; what is said of it names it as the user wrote it, and a command to copy so that it works anywhere.
    let root: ConfigPath
    /// Whether a pattern that matches nothing fails, or only a name without a wildcard.
    var unmatchedPatterns = UnmatchedPatterns.fail
    /// Whether 'registry-check' with 'repair' is what to do next, or once more, where something can be mended.
    var offersRepair = true

    /// What a pattern means that matches nothing.
    enum UnmatchedPatterns {
        /// Something was chosen to be worked on, and is not there.
        case fail
        /// Nothing of the kind is there today; a name without a wildcard fails all the same.
        case areSkipped
    }

    /// How many changes are asked about at a time: a store may have very many.
    private static let changesAtATime = 4096

    /// In a dry run, asks about everything that would go or be mended; a real run is held to a plan by the store itself, which decides anew.
    func plan(_ report: RegistryStoreReport) async throws {
        guard context.isDryRun, context.notesChanges else { return }
        for group in report.groups {
            var changes: [PlannedChange] = []
            for removal in group.removals {
                changes.append(removal.change(subject: group.subject))
                if changes.count < Self.changesAtATime { continue }
                _ = try await context.permits(changes)
                changes.removeAll(keepingCapacity: true)
            }
            if !changes.isEmpty { _ = try await context.permits(changes) }
        }
        _ = try await context.permits(report.repairs.map { PlannedChange(.mend, $0, subject: $0) })
        _ = try await context.permits(report.trashToEmpty.map { $0.change(subject: StoreSpace.trashSubject(root.description)) })
    }

    /// Reports what went, or in a dry run would go.
    func report(_ report: RegistryStoreReport) {
        if let protection = report.protection {
            context.report(.passed(subject: root.description, type: "protection", message: protection))
        }
        // What lies, or would lie, in the trash first is not given back by this run, so that it is no space that was gained or planned.
        let givesBack = report.wouldBeKeptFor == nil && report.trash == nil && report.leftInTrash == nil
        for group in report.groups { self.report(group, givesBack: givesBack) }
        let isUnreadable = report.problems.contains { $0.kind == "unreadable" && $0.breaksImages }
        for pattern in report.unmatched {
            let message = "nothing in the registry's directory matches '\(pattern)'\(isUnreadable ? ", or it cannot be read" : "")"
            if unmatchedPatterns == .areSkipped, RetentionPolicy.hasWildcard(pattern) {
                context.report(.skipped(subject: pattern, type: "no-match", message: message))
            } else {
                context.report(.failed(subject: pattern, type: "not-found", message: message))
            }
        }
        for problem in report.problems { self.report(problem) }
        let mended = context.isDryRun ? "would be mended" : "mended"
        for repair in report.repairs { context.report(.passed(subject: repair, type: "mended", message: mended)) }
        for failure in report.failures {
            context.report(.error(subject: failure.path, type: "not-removed", message: failure.message))
        }
        if let plan = report.plan { self.report(plan, isEmpty: report.counts.contains { $0.kind == "repository" && $0.count == 0 }) }
        for (number, note) in report.notes.enumerated() {
            context.report(.skipped(subject: "\(root) (\(number + 1))", type: "left-alone", message: note))
        }
    }

    /// Reports all that a collection did, and sums it up in a finding of a type, after the words on what was looked at.
    ///
    /// The stage of a run that was stopped ends here, with what it did until then.
    func conclude(_ report: RegistryStoreReport, as type: String, after looked: String? = nil) async throws {
        try await plan(report)
        self.report(report)
        if !context.isDryRun { context.reclaimed(report.freed) }
        try endWhereInterrupted(report)
        let space = StoreSpace(report: report, isDryRun: context.isDryRun)
        if let finding = space.finding(subject: root.description) { context.report(finding) }
        context.report(
            .passed(
                subject: root.description,
                type: context.isDryRun ? "planned" : type,
                message: looked.map { "\($0); \(space.words)" } ?? space.words,
                remedy: report.trash.map(restoration),
                bytes: space.bytes,
                evidence: evidence(report)
            )
        )
    }

    /// Ends the stage of a run that was stopped, and says before where what went so far is.
    private func endWhereInterrupted(_ report: RegistryStoreReport) throws(CancellationError) {
        guard report.isInterrupted else { return }
        if let run = report.trash {
            let message =
                report.leftInTrash == nil
                ? "the run was stopped; what went so far is in the trash, until the next collection after its period"
                : "the run was stopped while it deleted what it had moved to the trash; what is left there can be put back until the next collection"
            context.report(
                Finding(
                    subject: root.description,
                    outcome: .skipped,
                    type: "interrupted",
                    message: message,
                    remedy: restoration(of: run)
                )
            )
        }
        throw CancellationError()
    }

    /// The command that puts back what a run moved to the trash.
    func restoration(of run: String) -> String { "hook registry restore --root \(ShellWord.quoted(root.absolute)) --run \(run)" }

    /// Says what of a plan was made before, and what is not in it.
    ///
    /// That everything is gone does not mean that it was made where the directory holds no repository at all: it may be that of nothing.
    private func report(_ plan: RegistryStoreReport.PlanOutcome, isEmpty: Bool) {
        for group in plan.left {
            context.report(
                .notInPlan(
                    subject: group.subject,
                    message: "not in the plan, so left: \(group.counts.map { Self.words($0) }.joined(separator: ", "))",
                    details: Array(Self.details(of: group)),
                    bytes: group.bytes
                )
            )
        }
        for path in plan.unmended {
            context.report(.notInPlan(subject: path, message: "it is not in the plan, so it is not mended"))
        }
        guard plan.madeBefore > 0 else { return }
        if isEmpty, plan.madeBefore == plan.planned {
            let message = "'\(root)' holds no repository, so that nothing tells whether the plan was carried out before"
            return context.report(.failed(subject: root.description, type: "no-repository", message: message))
        }
        let changes = plan.planned == 1 ? "planned change" : "planned changes"
        let message =
            plan.madeBefore == plan.planned
            ? "nothing is left to do: \(plan.planned == 1 ? "the" : "all \(plan.planned)") \(changes) had been made before"
            : "\(plan.madeBefore) of \(plan.planned) \(changes) had been made before"
        context.report(.passed(subject: root.description, type: "made-before", message: message))
    }

    /// How many repositories the evidence names, the largest first; the others are counted.
    private static let namedRepositories = 500

    /// Who uses the store's bytes, as evidence of the finding that sums the stage up; `nil` where it was not looked at.
    ///
    ///     {"storage": {
    ///       "keptBytes", "sharedBytes", "unreferencedBytes",     what repositories name, of that several name, and what none names
    ///       "repositories": [{"name", "ownBytes"}], "otherRepositories", "otherBytes", "largestTags": [{"repository", "tag", "bytes"}]
    ///     }}
    ///
    /// A dry run's plan comes in addition, and all else is what would stay: `reclaimableBytes` is what the disk would get back; of that,
    /// `sharedReclaimableBytes` is of blobs that several repositories name, `unreferencedReclaimableBytes` of those that none names,
    /// `uploadReclaimableBytes` of uploads, and the rest each repository's own `reclaimableBytes` and `otherReclaimableBytes`. Where
    /// `reclaimableGoesToTrash` is true, it would lie in the trash first, and a later run would give it back.
    func evidence(_ report: RegistryStoreReport) -> JSONValue? {
        guard let use = report.use else { return nil }
        let ordered = use.repositories.sorted { ($1.bytes + $1.reclaimable, $0.name) < ($0.bytes + $0.reclaimable, $1.name) }
        let others = ordered.dropFirst(Self.namedRepositories)
        func number(_ size: ByteSize) -> JSONValue { .integer(Int(size.bytes)) }
        let repositories = ordered.prefix(Self.namedRepositories).map { repository -> JSONValue in
            var members: [JSONValue.Member] = [.init("name", .string(repository.name)), .init("ownBytes", number(repository.bytes))]
            if use.reclaimable != nil { members.append(.init("reclaimableBytes", number(repository.reclaimable))) }
            return .object(members)
        }
        var storage: [JSONValue.Member] = [
            .init("keptBytes", number(ordered.reduce(use.shared) { $0 + $1.bytes })),
            .init("sharedBytes", number(use.shared)),
            .init("unreferencedBytes", number(use.unreferenced)),
            .init("repositories", .array(repositories)),
            .init("otherRepositories", .integer(others.count)),
            .init("otherBytes", number(others.reduce(.zero) { $0 + $1.bytes })),
            .init(
                "largestTags",
                .array(use.largestTags.map { ["repository": .string($0.repository), "tag": .string($0.name), "bytes": number($0.bytes)] })
            ),
        ]
        if let reclaimable = use.reclaimable {
            let all = ordered.reduce(reclaimable.shared + reclaimable.unreferenced + reclaimable.uploads) { $0 + $1.reclaimable }
            storage += [
                .init("reclaimableBytes", number(all)),
                .init("sharedReclaimableBytes", number(reclaimable.shared)),
                .init("unreferencedReclaimableBytes", number(reclaimable.unreferenced)),
                .init("uploadReclaimableBytes", number(reclaimable.uploads)),
                .init("otherReclaimableBytes", number(others.reduce(.zero) { $0 + $1.reclaimable })),
                .init("reclaimableGoesToTrash", .boolean(report.wouldBeKeptFor != nil)),
            ]
        }
        return ["storage": .object(storage)]
    }

    private func report(_ group: RegistryStoreReport.Group, givesBack: Bool) {
        context.report(
            Finding(
                subject: group.subject,
                outcome: .passed,
                type: context.isDryRun ? "would-remove" : "removed",
                message: group.counts.map { Self.words($0) }.joined(separator: ", "),
                lines: Self.details(of: group),
                bytes: givesBack ? group.bytes : nil
            )
        )
    }

    /// A line for each removal that is listed, and one for the others; made when they are read, since there may be very many.
    private static func details(of group: RegistryStoreReport.Group) -> FindingDetails {
        let removals = group.removals
        let unlisted = group.counts.reduce(0) { $0 + $1.count } - removals.count
        let rest = unlisted > 0 && !removals.isEmpty ? ["and \(unlisted) more"] : []
        return FindingDetails(count: removals.count + rest.count) {
            var (removals, rest) = (removals.makeIterator(), rest.makeIterator())
            return AnyIterator { removals.next().map { line($0) } ?? rest.next() }
        }
    }

    private static func line(_ removal: RegistryStoreReport.Removal) -> String {
        let size = removal.bytes == .zero ? "" : ", \(removal.bytes)"
        return "\(removal.kind) \(removal.path) (\(removal.reason)\(size))"
    }

    private func report(_ problem: RegistryStoreReport.Problem) {
        if problem.kind == "no-repository" {
            context.report(
                .failed(
                    subject: problem.path,
                    type: problem.kind,
                    message: problem.message,
                    details: [
                        "where all images were deleted on purpose, the directory of the blobs can be removed by hand while the registry is stopped"
                    ],
                    remedy: "ls \(problem.path)"
                )
            )
        } else if problem.breaksImages {
            context.report(
                .failed(
                    subject: problem.path,
                    type: problem.kind,
                    message: problem.message,
                    details: (problem.repository.map { ["in the repository '\($0)'"] } ?? []) + hints(problem),
                    remedy: offersRepair && Self.isMendable(problem) ? repair : nil
                )
            )
        } else {
            context.report(.skipped(subject: problem.path, type: problem.kind, message: problem.message))
        }
    }

    private var repair: String { "hook rules run registry-check \(ShellWord.quoted("root=\(root.absolute)")) repair=true" }

    /// What may help where that depends on what else is there.
    private func hints(_ problem: RegistryStoreReport.Problem) -> [String] {
        if let tag = Self.tag(of: problem), let repository = problem.repository {
            let image = ShellWord.quoted("images=\(repository):\(tag)")
            return ["this removes the tag: hook rules run registry-delete \(ShellWord.quoted("root=\(root.absolute)")) \(image)"]
        }
        guard offersRepair else { return [] }
        switch problem.kind {
        case "missing-manifest" where problem.path.contains("/_manifests/revisions/"):
            return [
                "where the trash holds it, this brings it back, and where nothing names it, the link to it goes to the trash: \(repair)"
            ]
        case "missing-blob", "missing-manifest": return ["where the trash holds it, this brings it back: \(repair)"]
        case "truncated-blob", "corrupt-blob", "damaged-manifest":
            return [
                "where its content is not what its digest names, this moves it to the trash, and brings a sound copy back where the trash holds one: "
                    + repair,
                "otherwise remove the file, restart a registry that keeps blobs in memory, and push the image again",
            ]
        default: return []
        }
    }

    /// The tag that a problem is about, where its link says nothing; `nil` where it is about something else.
    private static func tag(of problem: RegistryStoreReport.Problem) -> Substring? {
        guard ["empty-link", "damaged-link", "tag-without-link"].contains(problem.kind) else { return nil }
        let parts = problem.path.split(separator: "/")
        guard let place = parts.lastIndex(of: "tags"), place > 0, parts[place - 1] == "_manifests", place + 1 < parts.count else {
            return nil
        }
        let (tag, rest) = (parts[place + 1], parts[(place + 2)...])
        // A name that a registry never gives may mean something else in a command.
        guard
            tag.unicodeScalars.allSatisfy({
                $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || "._-".contains(Character($0)))
            })
        else { return nil }
        return rest.isEmpty || rest.elementsEqual(["current", "link"]) ? tag : nil
    }

    /// Says whether a repair mends what is wrong, as far as the kind and the path tell: what a tag named is not guessed.
    private static func isMendable(_ problem: RegistryStoreReport.Problem) -> Bool {
        switch problem.kind {
        case "missing-link", "dangling-tag", "truncated-blob", "corrupt-blob": true
        case "empty-link", "damaged-link": problem.path.contains("/_manifests/revisions/") || problem.path.contains("/_layers/")
        default: false
        }
    }

    /// `3 layer links`.
    static func words(_ count: RegistryStoreReport.Count) -> String {
        let singular = count.kind.split(separator: "-").joined(separator: " ")
        if count.count == 1 { return "1 \(singular)" }
        return "\(count.count) " + (singular.hasSuffix("y") ? singular.dropLast() + "ies" : singular + "s")
    }
}
