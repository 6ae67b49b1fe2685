import HookKit

extension LocalRegistryStores {
    /// Works out whether pushes can happen, and says on what the run relies.
    ///
    /// Where they can, what goes is kept for at least `min-age`: a push that stood still between its look at a blob and its link to it may end after
    /// the last look. StorageInvariants.md, line H6.
    /// A dry run makes no mark in the store to find out whether a registry serves it: it compares tags.
    func protect(
        _ options: inout SweepOptions,
        _ request: RegistryCollection,
        _ root: StorageRoot,
        isDryRun: Bool = false
    ) async -> String {
        let age = "what is younger than \(request.minimumAge.settingText) stays, and links are looked at again before blobs go"
        options.trashPeriod = Self.nanoseconds(max(request.trash, request.minimumAge))
        guard let address = request.registry else {
            // Nobody says that one runs, and it cannot be found out: a collection of a stopped registry's directory is what this is made for.
            return
                "no 'registry' was given, so that none is asked whether it runs: \(age); one that runs with an in-memory blob cache must be "
                + "restarted afterwards"
        }
        let unasked =
            "so that what a registry remembers cannot be told: layer links and blobs stay until it can be asked, or is stopped; \(age)"
        let registry: any RunningRegistry
        do {
            registry = try connect(address)
        } catch {
            options.server = .unknown
            return "'\(address)' cannot be used (\(error)), \(unasked)"
        }
        // A wrong port and a registry that is just being started answer as one that is stopped, and what answers may stand in front of a registry
        // that others push to directly: links are looked at again all the same.
        let state = await registry.state()
        var doubt = ""
        switch state {
        case .stopped:
            options.trashPeriod = Self.nanoseconds(request.trash)
            options.deletesWhereFull = request.trash == .zero
            // No push is under way that could still name something.
            options.settle = 0
            return
                "nothing listens at '\(address)', so that the registry is taken to be stopped: \(age); where it runs at another "
                + "address, give that, or restart it afterwards"
        case .readOnly, .writable, .unclear:
            let identity = StoreIdentity(root: root)
            let isServed: Bool
            if isDryRun {
                let likeness = await identity.likeness(to: registry)
                isServed = likeness != .different
                if likeness == .unknown {
                    doubt =
                        "; whether it serves '\(root.basePath)' only a run finds out, since no repository has a tag to compare: where it "
                        + "does not, layer links and blobs stay"
                }
            } else {
                isServed = await identity.isServed(by: registry)
            }
            guard isServed else {
                options.server = .unknown
                if case .unclear(let words) = state {
                    return "'\(address)' does not show what is in '\(root.basePath)' (\(words)), \(unasked)"
                }
                return "'\(address)' does not show what is in '\(root.basePath)', \(unasked)"
            }
        }
        switch state {
        case .readOnly:
            options.trashPeriod = Self.nanoseconds(request.trash)
            options.deletesWhereFull = request.trash == .zero
            options.settle = 0
            return
                "the registry at '\(address)' refuses uploads, so that it is taken to be read-only: \(age); where it takes "
                + "pushes at another address, give that, or restart it afterwards\(doubt)"
        case .unclear(let words):
            options.server = .running(registry)
            return "'\(address)' does not say whether pushes can happen (\(words)): \(age)\(doubt)"
        case .writable, .stopped:
            options.server = .running(registry)
            let words = "the registry at '\(address)' takes pushes: \(age), and what a push names meanwhile is brought back"
            return words + doubt
        }
    }
}
