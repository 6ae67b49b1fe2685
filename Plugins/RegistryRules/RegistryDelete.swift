import HookKit

/// Deletes tags and repositories from a registry's storage directory, and what only they used.
struct RegistryDelete: Rule {
    static let configuration = RuleConfiguration(
        name: "registry-delete",
        abstract: "Delete tags or whole repositories from a registry's storage directory, and what only they used.",
        discussion: """
            A pattern with a tag deletes tags, one without deletes whole repositories: 'tickets', 'team/app:v1', 'team/*:pr-*'. Names are \
            those that the directory has: 'tickets' is not 'library/tickets', and 'docker.io/*' means a repository of that name. What is still \
            used stays: a digest that another tag has, the manifests of an index, layers of other images, whatever repository they are in. Other \
            garbage is left to 'registry-gc'. The named tags and their manifests go whatever their age; what they used and is younger than \
            'min-age' stays, and so does an image with a signature that is. A later 'registry-gc' frees layers and blobs, with \
            'delete-untagged' also manifests, such as those of an index. A name that is not there fails; a pattern that matches nothing does not.
            """,
        effect: .changes,
        examples: [
            RuleExample(
                "A tag goes with what only it used.",
                settings: ["root": "registry", "images": ["shop/api:pr-7"]],
                in: ExampleWorld(registryStores: ["registry": RegistryExamples.deletion]),
                finds: [
                    .init(.passed, "removed", "shop/api"), .init(.passed, "removed", "blobs"), .init(.passed, "deleted", "registry"),
                ]
            ),
            RuleExample(
                "A name that matches nothing is a failure, not a silent success.",
                settings: ["root": "registry", "images": ["shop/apj:pr-7"]],
                in: ExampleWorld(registryStores: ["registry": RegistryExamples.unmatched]),
                finds: [.init(.failed, "not-found", "shop/apj:pr-7"), .init(.passed, "deleted", "registry")]
            ),
            RuleExample(
                "A pattern for what comes and goes may match nothing.",
                settings: ["root": "registry", "images": ["shop/*:pr-*"]],
                in: ExampleWorld(registryStores: ["registry": RegistryExamples.withoutMatch]),
                finds: [.init(.skipped, "no-match", "shop/*:pr-*"), .init(.passed, "deleted", "registry")]
            ),
            RuleExample(
                "Who names nothing has forgotten something.",
                settings: ["root": "registry", "images": []],
                isRefused: "'images' is empty: name tags or repositories"
            ),
            RuleExample(
                "A digest may have several tags, so that it cannot be deleted as one image.",
                settings: ["root": "registry", "images": ["shop/api@sha256:*"]],
                isRefused: "'shop/api@sha256:*' names digests: name tags or repositories"
            ),
        ]
    )

    @Setting(help: "Directory that holds 'docker/registry/v2', or that directory itself.") var root: ConfigPath
    @Setting(help: "What goes: a name or pattern with a tag for tags, without one for whole repositories.") var images: [ReferencePattern]
    @Setting(help: "Age below which what the deleted tags used stays, and how long it is kept aside while pushes can happen.") var minAge:
        Duration = .seconds(3600)
    @Setting(help: "Remove a repository whose last tag was deleted and in which nothing is left.") var deleteEmptyRepositories: Bool = true
    @Setting(help: "How long what went can be put back; at least 'min-age' while pushes can happen.") var trash: Duration = .zero
    @Setting(help: "Address of the registry that serves the directory.") var registry: RegistryName?
    @Setting(help: "Number of directories that are worked on at a time; the number of cores where nothing is given.") var jobs: Int?

    func validate() throws(RuleValidationError) {
        if jobs == 0 { throw RuleValidationError("'jobs' must be at least 1", key: "jobs") }
        if images.isEmpty { throw RuleValidationError("'images' is empty: name tags or repositories", key: "images") }
        for pattern in images {
            if pattern.hasDigest || pattern.namesOnlyIdentifier {
                throw RuleValidationError("'\(pattern)' names digests: name tags or repositories", key: "images")
            }
            try pattern.checkRepository("images")
        }
    }

    func run(in context: RuleContext) async throws {
        var request = RegistryCollection(root: root.absolute, target: .named(images.map { .init($0) }))
        request.minimumAge = minAge
        request.deletesEmptyRepositories = deleteEmptyRepositories
        request.trash = trash
        request.registry = registry?.description
        request.jobs = jobs
        request.measuresUse = context.showsEvidence
        let report = try await context.registryStores.collect(request, isDryRun: context.isDryRun)
        let findings = StoreFindings(context: context, root: root, unmatchedPatterns: .areSkipped)
        try await findings.conclude(report, as: "deleted")
    }
}
