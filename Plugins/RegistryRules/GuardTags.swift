import HookKit

/// Fails when a push would overwrite a tag of a registry with other content.
struct GuardTags: Rule {
    static let configuration = RuleConfiguration(
        name: "guard-tags",
        abstract: "Fail, before a push, when a tag that is in the registry would be overwritten by other content.",
        discussion: """
            Looks at every tag of the engine that 'images' names, and asks the registry that it would be pushed to. A tag that is not there, or that is there \
            with the same content, passes. One that is there with other content fails, where 'immutable' names it (by default all are) and 'allow' does not. \
            The finding says who built what is there, as far as the ledger or the image's labels ('org.opencontainers.image.revision' and \
            '.created') know.

            What would be pushed is known by its digest where the engine keeps images by their manifests (the containerd image store), and where the image \
            came from that repository. Otherwise the image's configuration is compared with that of the manifest in the registry: the same configuration is the \
            same image, however it is packed. An index of several platforms is another thing than an image of one: where an engine would push one \
            image over an index, that is said.
            """,
        effect: .observes,
        examples: GuardTagsExamples.all
    )

    @Setting(help: "Tags that would be pushed.") var images: [ReferencePattern]
    @Setting(
        help:
            "Registry that they are pushed to: tags that name none count as its (on Podman, 'localhost/NAME' too), tags that name another are skipped; without it, each tag's own."
    ) var registry: RegistryName?
    @Setting(help: "Tags that must not be overwritten.") var immutable: [ReferencePattern] = [.everything]
    @Setting(help: "Tags that may be overwritten; wins over 'immutable'.") var allow: [ReferencePattern] = []
    @Setting(help: "Allow plain HTTP to a registry that is not on this machine.") var insecure: Bool = false
    @Setting(help: "File in PEM with the authorities that the registry's certificate may come from.") var ca: ConfigPath?
    @Setting(help: "Number of requests at a time.") var jobs: Int = 8

    func validate() throws(RuleValidationError) {
        if jobs == 0 { throw RuleValidationError("'jobs' must be at least 1", key: "jobs") }
        for (key, patterns) in [("images", images), ("immutable", immutable), ("allow", allow)] { try patterns.checkTags(key) }
    }

    func run(in context: RuleContext) async throws {
        let engine = try await context.engine
        let listing = try await engine.images(.sharedByObservers)
        let identity = try await engine.identity
        var pushes: [PushedTag] = []
        var skipped: [ImageReference] = []
        var connected: [String: any Registry] = [:]
        if let registry {
            let named = try await connect(registry.description, in: context)
            guard ImageReference("\(named.name)/x")?.registry == named.name else {
                let port = registry.scheme == .http ? 80 : 443
                throw RegistryError(
                    .configuration,
                    "'\(named.name)' cannot stand in a tag; name its port, as in '\(named.name):\(port)'"
                )
            }
            connected[""] = named
        }
        for image in listing {
            for reference in image.references where images.contains(where: { $0.matches(reference) }) {
                guard let target = target(of: reference, connected[""]?.name, identity) else {
                    skipped.append(reference)
                    continue
                }
                if connected[target.registry] == nil {
                    if let named = connected[""] {
                        connected[target.registry] = named
                    } else {
                        connected[target.registry] = try await connect(target.registry, in: context)
                    }
                }
                pushes.append(PushedTag(local: reference, target: target, image: image))
            }
        }
        let counts = images.map { pattern in pushes.count { pattern.matches($0.local) } }
        for (pattern, count) in zip(images, counts) where count == 0 {
            context.report(
                .failed(
                    subject: pattern.description,
                    type: "not-found",
                    message: "no tag on the engine that would be pushed there matches '\(pattern)'",
                    remedy: "\(identity.docker) images"
                )
            )
        }
        for reference in skipped.sorted() {
            context.report(
                .skipped(
                    subject: reference.description,
                    type: "other-registry",
                    message: "names the registry '\(reference.registry)', so it is not pushed to '\(connected[""]?.name ?? "")'"
                )
            )
        }
        let registries = connected
        let checks = try await inParallel(pushes.sorted { $0.target < $1.target }, atMost: jobs) { push in
            guard let registry = registries[push.target.registry] else { preconditionFailure("every tag's registry was connected") }
            return try await check(push, against: registry, counts, identity, in: context)
        }
        for finding in checks { context.report(finding) }
    }

    private func connect(_ name: String, in context: RuleContext) async throws -> any Registry {
        let address = RegistryAddress(name, security: insecure ? .optional : .required, authority: ca?.absolute)
        return try await context.registries.registry(at: address)
    }

    /// The reference that a tag would have in the registry; `nil` for one that names another registry.
    ///
    /// Podman calls what it builds without a registry `localhost/NAME`.
    private func target(of reference: ImageReference, _ registry: String?, _ engine: EngineIdentity) -> ImageReference? {
        guard let registry, reference.registry != registry else { return reference }
        if engine.imageStore == .podman, reference.registry == "localhost" {
            return ImageReference(registry + reference.description.dropFirst(reference.registry.count))
        }
        guard reference.registry == ImageReference.defaultRegistry else { return nil }
        // Without its registry, and without the 'library/' that docker adds.
        return ImageReference("\(registry)/\(reference)")
    }

    // MARK: One tag

    private func check(
        _ push: PushedTag,
        against registry: any Registry,
        _ counts: [Int],
        _ identity: EngineIdentity,
        in context: RuleContext
    ) async throws -> Finding {
        guard let tag = push.target.tag else { preconditionFailure("an engine's tag has a tag") }
        let subject = push.target.description
        let path = push.target.path
        guard let there = try await registry.descriptor(of: .tag(tag), in: path) else {
            return .passed(subject: subject, type: "new", message: "is not in the registry")
        }
        if identity.imageStore == .containerd ? push.image.id == there.digest : push.wasSeen(as: there) {
            return .passed(subject: subject, type: "unchanged", message: "is in the registry as \(there.digest.short) already")
        }
        let manifest = try await registry.manifest(.digest(there.digest), in: path)
        if identity.imageStore != .containerd, manifest?.configuration?.digest == push.image.id {
            return .passed(
                subject: subject,
                type: "unchanged",
                message: "is in the registry as \(there.digest.short) already: it has the same configuration"
            )
        }
        var details = try await origin(of: there.digest, manifest, push.target, registry, identity, in: context)
        if let manifest, !manifest.children.isEmpty, identity.imageStore != .containerd {
            let platforms = manifest.children.filter { !$0.isAttestation }.compactMap(\.platform).joined(separator: ", ")
            details.insert(
                "it is an index of \(platforms.isEmpty ? "several images" : platforms); a push puts one image in its place",
                at: 0
            )
        }
        let evidence: JSONValue = [
            "reference": .string(subject), "image": .string(push.image.id.description), "registryDigest": .string(there.digest.description),
        ]
        let change =
            "the registry has other content under this tag (manifest \(there.digest.short)); here it is the image \(push.image.id.short)"
        if allow.contains(where: { $0.matches(push.target) || $0.matches(push.local) }) {
            return .passed(
                subject: subject,
                type: "allowed",
                message: "\(change); 'allow' lets it be overwritten",
                details: details,
                evidence: evidence
            )
        }
        guard immutable.contains(where: { $0.matches(push.target) || $0.matches(push.local) }) else {
            return .passed(
                subject: subject,
                type: "allowed",
                message: "\(change); 'immutable' does not name it",
                details: details,
                evidence: evidence
            )
        }
        // With the ID of the image: a tag that no other image can have here.
        let other = push.local.description(marked: "-\(push.image.id.short)")
        details.append("the command below gives the image the tag '\(other)' in place of this one, and changes nothing in the registry")
        if !isNamed(other, like: push, among: counts) {
            details.append("'images' names no other tag than this: '\(other)' has to be named there as well")
        }
        details.append("is it meant to be overwritten: allow: [\"\(push.target)\"]")
        return .failed(
            subject: subject,
            type: "would-overwrite",
            message: change,
            details: details,
            // The image has two names in between, so that the second command takes one away and removes nothing.
            remedy: "\(identity.docker) tag \(push.local) \(other) && \(identity.docker) rmi \(push.local)",
            evidence: evidence
        )
    }

    /// Says whether every pattern that names a tag still names one when that is called otherwise: a pattern without a tag is a failure.
    private func isNamed(_ other: String, like push: PushedTag, among counts: [Int]) -> Bool {
        guard let other = ImageReference(other) else { return true }
        return zip(images, counts).allSatisfy { pattern, count in
            count > 1 || !pattern.matches(push.local) || pattern.matches(other)
        }
    }

    /// Who built what is in the registry, as far as anybody knows.
    private func origin(
        of digest: Digest,
        _ manifest: RegistryManifest?,
        _ reference: ImageReference,
        _ registry: any Registry,
        _ identity: EngineIdentity,
        in context: RuleContext
    ) async throws -> [String] {
        var details: [String] = []
        let generations = try await context.ledger.generations(of: [reference], newest: 100, on: identity)[reference] ?? []
        let meanings = [digest, manifest?.configuration?.digest].compactMap { $0 }
        let built = generations.last { generation in
            generation.manifestDigest == digest || meanings.contains(generation.image)
        }
        if let built { details.append("the ledger saw it first at \(built.firstSeen), by \(built.firstBuild.shortDescription)") }
        var image = manifest
        if let child = manifest?.children.first(where: { !$0.isAttestation }) {
            image = try await registry.manifest(.digest(child.digest), in: reference.path)
        }
        if let descriptor = image?.configuration, let said = try await registry.configuration(descriptor, in: reference.path) {
            let revision = said.labels["org.opencontainers.image.revision"].map { "from commit \($0.prefix(12))" }
            let created = (said.labels["org.opencontainers.image.created"] ?? said.created?.description).map { "made at \($0)" }
            let words = [revision, created].compactMap { $0 }
            if !words.isEmpty { details.append("by its own word, it was \(words.reversed().joined(separator: " "))") }
        }
        return details.isEmpty ? ["nothing tells who built it; run 'track-tags' after each build"] : details
    }
}
