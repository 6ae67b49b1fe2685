import HookKit

/// What files and containers use.
extension RetentionGathering {
    /// The images that the files name.
    func mentions() async throws -> [ImageMention] {
        var mentions: [ImageMention] = []
        for path in policy.files {
            let files = try await context.deploymentFiles.files(matching: path)
            guard !files.isEmpty else {
                throw DeploymentFileError("no file matches '\(path)' of 'protect-used-in', so nothing is deleted")
            }
            var found: [ImageMention] = []
            for file in files {
                let name = Self.displayName(of: file, in: context.directory, from: path)
                found += try await context.deploymentFiles.images(namedIn: file).compactMap { image in
                    ImageMention(image.text, at: "\(name):\(image.line)")
                }
            }
            guard !found.isEmpty else { throw DeploymentFileError("the files of '\(path)' name no image, so nothing is deleted") }
            mentions += found
        }
        return mentions
    }

    /// The path as the user wrote it; for a glob, the file with the glob's directory.
    private static func displayName(of file: String, in directory: String, from path: ConfigPath) -> String {
        guard file != path.absolute else { return path.description }
        let directory = path.absolute.dropLast(path.description.count)
        return file.hasPrefix(directory) ? String(file.dropFirst(directory.count)) : file
    }

    // MARK: Engines

    /// The images of an engine's containers, and of its services.
    func running(on host: String) async throws -> [RetentionWorld.RunningImage] {
        let engine = host == RegistryRetention.ownEngine ? try await context.engine : try await context.engine(at: host)
        let place = host == RegistryRetention.ownEngine ? "" : " on '\(host)'"
        async let identity = engine.identity
        async let services = engine.serviceImages()
        let containers = try await engine.containers()
        // Images come after the containers: one that was pulled meanwhile is listed with the container that needs it.
        async let listed = engine.images(.current)
        async let inspected = inspect(containers, of: engine)
        let images = Dictionary(try await listed.map { ($0.id, $0) }) { first, _ in first }
        let details = try await inspected
        let isManifest = try await identity.imageStore == .containerd
        func used(_ image: Digest, as typed: [String?], by name: String) -> RetentionWorld.RunningImage {
            let digests = images[image]?.repositoryDigests ?? []
            let names = typed.compactMap { $0 } + digests.map(\.description)
            let pulled = Set(digests.compactMap(\.digest))
            return RetentionWorld.RunningImage(
                name: name,
                digests: pulled.union([image]),
                manifests: isManifest ? pulled.union([image]) : pulled,
                mentions: names.compactMap { ImageMention($0, at: name) }
            )
        }
        var running: [RetentionWorld.RunningImage] = []
        for container in containers {
            let name = "container '\(container.displayName)'\(place)"
            running.append(used(container.image, as: [container.imageName, details[container.id]?.configuredImage], by: name))
            for mount in container.imageMounts {
                let typed = TypedImage(mount)
                for image in images.values where typed.mayMean(image) { running.append(used(image.id, as: [mount], by: name)) }
                let mentions = [ImageMention(mount, at: name)].compactMap { $0 }
                running.append(RetentionWorld.RunningImage(name: name, digests: [], manifests: [], mentions: mentions))
            }
        }
        running += try await services.map { image in
            let name = "a service of the swarm\(place)"
            let mentions = [ImageMention(image, at: name)].compactMap { $0 }
            return RetentionWorld.RunningImage(name: name, digests: [], manifests: [], mentions: mentions)
        }
        return running
    }

    /// Asks about the containers whose images the listing shows without a name.
    private func inspect(
        _ containers: [EngineContainer],
        of engine: any ContainerEngine
    ) async throws -> [String: EngineContainerDetails] {
        // The listing has the name that was typed as long as it still names the container's image, and from then on the ID.
        let nameless = containers.filter { container in
            let name = container.imageName
            return name.hasPrefix("sha256:") || name.allSatisfy(\.isHexDigit) || ImageReference(name) == nil
        }
        return nameless.isEmpty ? [:] : try await engine.inspectContainers(nameless.map(\.id))
    }

    // MARK: What is used by its digest

    /// A search for a manifest.
    private struct Search: Sendable {
        let digest: Digest
        let need: RetentionWorld.Need
        /// The repositories to look in, in this order: one copy is as good as another.
        let repositories: [String]
    }

    /// What a search found.
    private struct Found: Sendable {
        var manifest: RegistryManifest?
        var repository: String?
        /// Where it may be and cannot be read, with the reasons.
        var failures: [String: String] = [:]
    }

    /// Reads what is used by its digest, whether a tag names it or not, and notes all that it needs.
    func readUses(_ world: inout RetentionWorld) async throws {
        let repositories = world.repositories.filter(\.isLookedAt).map(\.name)
        guard !repositories.isEmpty else { return }
        let configurations = Set(world.manifests.values.compactMap { $0.configuration?.digest })
        var open = searches(in: repositories, world)
        for search in open { world.needed[search.digest] = search.need }
        var depth = 0
        while !open.isEmpty {
            let asked = open.filter { world.manifests[$0.digest] == nil && !configurations.contains($0.digest) }
            guard asked.isEmpty || depth < Self.deepestIndex else {
                for search in asked {
                    let reason = "\(search.need.used) needs more than \(Self.deepestIndex) manifests in a row"
                    note(Dictionary(repositories.map { ($0, reason) }) { first, _ in first }, search, &world)
                }
                return
            }
            let answers = try await inParallel(asked, atMost: jobs) { try await find($0) }
            var places: [Digest: String] = [:]
            for (search, found) in zip(asked, answers) {
                world.manifests[search.digest] = found.manifest
                places[search.digest] = found.repository
                note(found.failures, search, &world)
            }
            open = open.flatMap { search in
                next(after: search, in: places[search.digest].map { place in [place] + repositories.filter { $0 != place } }, &world)
            }
            depth += 1
        }
    }

    /// The first searches: for everything that a file or a container uses by its digest, first where its names say that it is.
    private func searches(in repositories: [String], _ world: RetentionWorld) -> [Search] {
        var users: [Digest: String] = [:]
        var names: [Digest: [ImageMention]] = [:]
        func add(_ digest: Digest, _ user: String, _ mentions: [ImageMention]) {
            if users[digest] == nil { users[digest] = user }
            names[digest, default: []] += mentions
        }
        for mention in world.mentions {
            if let digest = mention.digest { add(digest, "'\(mention.place)'", [mention]) }
        }
        for image in world.running {
            for digest in image.manifests { add(digest, image.name, image.mentions) }
            for mention in image.mentions {
                if let digest = mention.digest { add(digest, image.name, [mention]) }
            }
        }
        return users.sorted { $0.key < $1.key }.map { digest, user in
            let named = repositories.filter { path in
                names[digest]?.contains { $0.mayName(path, in: registry.name) } ?? false
            }
            let others = Set(repositories).subtracting(named)
            return Search(
                digest: digest,
                need: .init(used: digest, user: user),
                repositories: named + repositories.filter { others.contains($0) }
            )
        }
    }

    private func find(_ search: Search) async throws -> Found {
        var found = Found()
        for repository in search.repositories {
            let answer = try await Self.unlessDamaged { try await registry.manifest(.digest(search.digest), in: repository) }
            switch answer {
            case .success(let manifest?): return Found(manifest: manifest, repository: repository)
            case .success(nil): continue
            case .failure(let error): found.failures[repository] = error.description
            }
        }
        return found
    }

    /// What a manifest needs that nothing was known to need so far, as far as that may need more in turn.
    private func next(after search: Search, in repositories: [String]?, _ world: inout RetentionWorld) -> [Search] {
        guard let manifest = world.manifests[search.digest] else { return [] }
        var next: [Search] = []
        func add(_ digest: Digest, isLeaf: Bool) {
            guard world.needed[digest] == nil else { return }
            world.needed[digest] = search.need
            guard !isLeaf || world.manifests[digest] != nil else { return }
            next.append(Search(digest: digest, need: search.need, repositories: repositories ?? search.repositories))
        }
        for child in manifest.children { add(child.digest, isLeaf: !child.isIndex) }
        if let subject = manifest.subject { add(subject, isLeaf: false) }
        return next
    }

    private func note(_ failures: [String: String], _ search: Search, _ world: inout RetentionWorld) {
        for number in world.repositories.indices {
            guard let reason = failures[world.repositories[number].name] else { continue }
            world.repositories[number].damage[.digest(search.digest)] = .init(reason: reason, user: search.need.user)
        }
    }
}
