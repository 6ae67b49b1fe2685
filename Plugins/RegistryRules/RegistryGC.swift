import HookKit

/// Removes from a registry's storage directory what nothing needs.
struct RegistryGC: Rule {
    static let configuration = RuleConfiguration(
        name: "registry-gc",
        abstract: "Remove from a registry's storage directory what nothing needs, without stopping the registry.",
        discussion: """
            Kept is what a tag reaches: manifests, the manifests of an index to any depth, configs, layers, and what belongs to something kept by its \
            'subject' or by a tag 'sha256-<hex>[.sig|.att|.sbom]'. Without 'delete-untagged' every manifest that a repository links is kept as well. What \
            is younger than 'min-age' stays, and so does everything in a repository in which something is damaged or not understood; where something \
            cannot be listed at all, no blob goes. Nor does one where no repository has a tag or a manifest, or where 'repositories' chooses none: then the \
            directory is taken to be missing rather than everything to be garbage.

            References go before what they refer to, so that a run that is stopped leaves rubbish and never a hole; the next run finishes. What goes \
            is moved aside and can be put back by 'hook registry restore' as long as 'trash' says. Where pushes can happen it is kept for 'min-age' \
            at least, because one that stands still in the middle may end after the last look: the disk gets the space back from a later run, and the \
            report says from when on. With 'min-age: 0s' and no 'trash', and where the registry is stopped or refuses uploads, it is deleted at once.

            With 'registry' the rule finds out whether pushes can happen, and says on what it relied; where something else answers at that address, \
            or asks for credentials that are not there, layer links and blobs stay. A registry that keeps blobs' descriptors in memory believes in \
            what was removed until it is restarted: its own API is used to make it forget, and where that is not possible the blobs stay. Without \
            'registry' none is asked: restart one that runs. A run ends with a look at every image; what earlier runs moved aside is deleted when its \
            period is over, but only where no image lacks anything.

            'repositories' are matched by the names that the directory has: 'tickets' is not 'library/tickets'.
            """,
        effect: .changes,
        examples: [
            RuleExample(
                "What nothing needs goes, and the report says from where.",
                settings: ["root": "registry", "delete-untagged": true],
                in: ExampleWorld(registryStores: ["registry": RegistryExamples.garbage]),
                finds: [
                    .init(.passed, "removed", "shop/api"), .init(.passed, "removed", "blobs"), .init(.passed, "protection", "registry"),
                    .init(.passed, "collected", "registry"),
                ]
            ),
            RuleExample(
                "A repository with a damaged link is kept whole, and fails; the rest is collected.",
                settings: ["root": "registry"],
                in: ExampleWorld(registryStores: ["registry": RegistryExamples.damaged]),
                finds: [
                    .init(.failed, "empty-link", "registry/docker/registry/v2/repositories/shop/web/_manifests/tags/v1/current/link"),
                    .init(.skipped, "left-alone", "registry (1)"), .init(.passed, "collected", "registry"),
                ]
            ),
            RuleExample(
                "Without a repository that could name them, no blob goes: the directory may not be mounted.",
                settings: ["root": "registry"],
                in: ExampleWorld(registryStores: ["registry": RegistryExamples.bare]),
                finds: [
                    .init(.failed, "no-repository", "registry/docker/registry/v2/repositories"),
                    .init(.passed, "collected", "registry"),
                ]
            ),
            RuleExample(
                "A pattern that chooses no repository is a failure, not a silent success.",
                settings: ["root": "registry", "repositories": ["shop/apj"]],
                in: ExampleWorld(registryStores: ["registry": RegistryExamples.unchosen]),
                finds: [.init(.failed, "not-found", "shop/apj"), .init(.passed, "collected", "registry")]
            ),
            RuleExample(
                "How many untagged manifests stay matters only where they may go.",
                settings: ["root": "registry", "keep-last": 3],
                isRefused: "'keep-last' and 'older-than' are about untagged manifests: they need 'delete-untagged: true'"
            ),
        ]
    )

    @Setting(help: "Directory that holds 'docker/registry/v2', or that directory itself.") var root: ConfigPath
    @Setting(help: "Repositories to collect; without it, all. Blobs that others share are safe.") var repositories: [ReferencePattern] = []
    @Setting(help: "Remove manifests that no tag reaches.") var deleteUntagged: Bool = false
    @Setting(help: "Number of newest untagged manifests of each repository that stay; digests are counted.") var keepLast: Int = 0
    @Setting(help: "Age of an untagged manifest below which it stays, since its push or the loss of a tag.") var olderThan: Duration = .zero
    @Setting(help: "Age below which nothing is removed, and how long what went is kept aside while pushes can happen.") var minAge:
        Duration = .seconds(3600)
    @Setting(help: "Age from which an upload that has not ended goes.") var uploadsOlderThan: Duration = .seconds(7 * 86400)
    @Setting(help: "Remove repositories in which nothing is left.") var deleteEmptyRepositories: Bool = false
    @Setting(help: "How long what went can be put back; at least 'min-age' while pushes can happen.") var trash: Duration = .zero
    @Setting(help: "Address of the registry that serves the directory.") var registry: RegistryName?
    @Setting(help: "Number of directories that are worked on at a time; the number of cores where nothing is given.") var jobs: Int?

    func validate() throws(RuleValidationError) {
        if jobs == 0 { throw RuleValidationError("'jobs' must be at least 1", key: "jobs") }
        for pattern in repositories {
            if pattern.hasTag || pattern.hasDigest || pattern.namesOnlyIdentifier {
                let what = pattern.hasTag ? "has a tag" : "has a digest"
                throw RuleValidationError("'repositories' names repositories, and '\(pattern)' \(what)", key: "repositories")
            }
            try pattern.checkRepository("repositories")
        }
        if !deleteUntagged, keepLast > 0 || olderThan > .zero {
            throw RuleValidationError(
                "'keep-last' and 'older-than' are about untagged manifests: they need 'delete-untagged: true'",
                key: keepLast > 0 ? "keep-last" : "older-than"
            )
        }
    }

    func run(in context: RuleContext) async throws {
        var request = RegistryCollection(root: root.absolute, target: .garbage(repositories: repositories))
        request.deletesUntagged = deleteUntagged
        request.keepLast = keepLast
        request.olderThan = olderThan
        request.minimumAge = minAge
        request.uploadsOlderThan = uploadsOlderThan
        request.deletesEmptyRepositories = deleteEmptyRepositories
        request.trash = trash
        request.registry = registry?.description
        request.jobs = jobs
        request.measuresUse = context.showsEvidence
        let report = try await context.registryStores.collect(request, isDryRun: context.isDryRun)
        let looked = report.counts.map { StoreFindings.words($0) }.joined(separator: ", ")
        try await StoreFindings(context: context, root: root).conclude(report, as: "collected", after: "looked at \(looked)")
    }
}
