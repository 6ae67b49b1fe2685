import HookKit

/// Follows every tag of a registry's storage directory to its last blob.
struct RegistryCheckup: Rule {
    /// How much of a blob is looked at.
    enum Verification: String, CaseIterable, Sendable {
        /// Whether it is there, and its size.
        case sizes
        /// Its whole content.
        case digests
    }

    static let configuration = RuleConfiguration(
        name: "registry-check",
        abstract: "Follow every tag of a registry's storage directory to its last blob, and report what is missing or damaged.",
        discussion: """
            Fails for what an image lacks: a missing, truncated or, with 'verify: digests', corrupt blob, an empty or damaged link, a tag of nothing. \
            Reported as skipped, because a collection removes it: blobs that nothing names, layer links that no manifest needs, uploads that have not \
            ended, empty repositories. With 'repair' links are written again where the path and the blob's content say what must stand in them, \
            a tag's or an index's manifest is linked again where all of it is there, what is missing comes back from the trash where that holds it, \
            and directories that lost their file are removed. A blob whose content is not what its digest names goes to the trash, because no push \
            replaces it, and a sound copy comes from there into its place; where there is none, the image has to be pushed again. A link to a manifest that is nowhere and that nothing names goes to the \
            trash. Nothing is guessed.
            """,
        effect: .changes,
        examples: [
            RuleExample(
                "A store in which every tag leads to its last blob.",
                settings: ["root": "registry"],
                in: ExampleWorld(registryStores: ["registry": RegistryExamples.sound]),
                finds: [.init(.passed, "checked", "registry")]
            ),
            RuleExample(
                "A tag whose layer is missing fails; a blob that nothing names does not.",
                settings: ["root": "registry", "verify": "digests"],
                in: ExampleWorld(registryStores: ["registry": RegistryExamples.broken]),
                finds: [
                    .init(.failed, "missing-blob", "registry/docker/registry/v2/blobs/sha256/aa/aa11/data"),
                    .init(.skipped, "unreferenced-blob", "registry/docker/registry/v2/blobs/sha256/bb/bb22/data"),
                ]
            ),
            RuleExample(
                "A layer link that was lost is written again.",
                settings: ["root": "registry", "repair": true],
                in: ExampleWorld(registryStores: ["registry": RegistryExamples.mended]),
                finds: [
                    .init(.passed, "mended", "registry/docker/registry/v2/repositories/shop/api/_layers/sha256/aa11/link"),
                    .init(.passed, "checked", "registry"),
                ]
            ),
            RuleExample(
                "A directory without a repository proves nothing.",
                settings: ["root": "registry"],
                in: ExampleWorld(registryStores: ["registry": RegistryExamples.empty]),
                finds: [.init(.failed, "not-found", "registry")]
            ),
            RuleExample(
                "Blobs are looked at in one of two ways.",
                settings: ["root": "registry", "verify": "everything"],
                isRefused: "'verify' must be 'sizes' or 'digests', not 'everything'"
            ),
        ]
    )

    @Setting(help: "Directory that holds 'docker/registry/v2', or that directory itself.") var root: ConfigPath
    @Setting(help: "How much of a blob is looked at: 'sizes', or 'digests' to read everything.") var verify: String = Verification.sizes
        .rawValue
    @Setting(help: "Mend what can be mended without guessing.") var repair: Bool = false
    @Setting(help: "Age from which an upload that has not ended is reported.") var uploadsOlderThan: Duration = .seconds(7 * 86400)
    @Setting(help: "Number of directories that are worked on at a time; the number of cores where nothing is given.") var jobs: Int?

    func validate() throws(RuleValidationError) {
        if jobs == 0 { throw RuleValidationError("'jobs' must be at least 1", key: "jobs") }
        if Verification(rawValue: verify) == nil {
            throw RuleValidationError("'verify' must be 'sizes' or 'digests', not '\(verify)'", key: "verify")
        }
    }

    func run(in context: RuleContext) async throws {
        var request = RegistryCheck(root: root.absolute)
        request.verifiesDigests = Verification(rawValue: verify) == .digests
        request.repairs = repair
        request.uploadsOlderThan = uploadsOlderThan
        request.jobs = jobs
        let report = try await context.registryStores.check(request, isDryRun: context.isDryRun)
        let findings = StoreFindings(context: context, root: root, offersRepair: !repair || context.isDryRun || report.canBeMendedFurther)
        try await findings.plan(report)
        findings.report(report)
        if report.isInterrupted { throw CancellationError() }
        if report.problems.contains(where: \.breaksImages) { return }
        if report.counts.contains(where: { $0.kind == "repository" && $0.count == 0 }) {
            let message = "'\(root)' holds no repository, so that nothing was looked at"
            return context.report(.failed(subject: root.description, type: "not-found", message: message))
        }
        let looked = report.counts.map { StoreFindings.words($0) }.joined(separator: ", ")
        context.report(
            .passed(
                subject: root.description,
                type: "checked",
                message: "looked at \(looked); every tag leads to its last blob",
                evidence: findings.evidence(report)
            )
        )
    }
}
