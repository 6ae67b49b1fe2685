import HookKit

extension SweepPlan {
    /// Says what is left that no tag reaches or nothing needs, and by which setting.
    ///
    /// `age` is the age below which things stay, and `untaggedAge` that of untagged manifests, as the user wrote them.
    func youngNotes(_ age: String, untaggedAge: String) -> [String] {
        if policy.deletion != nil { return [youngPartsNote(age), youngManifestsNote(age)].compactMap { $0 } }
        var keepLast = 0
        if case .removed(let count, _) = policy.untagged { keepLast = count }
        return [
            untaggedNote(\.always, "'delete-untagged' is false"), untaggedNote(\.young, "'min-age' is \(age)"),
            untaggedNote(\.newest, "'keep-last' is \(keepLast)"), untaggedNote(\.recent, "'older-than' is \(untaggedAge)"),
            youngPartsNote(age),
        ].compactMap { $0 }
    }

    /// Says what stays because a run of the trash needs it, which may still be put back; `nil` where nothing does.
    ///
    /// StorageInvariants.md, line T1.
    var heldNote: String? {
        var things = [(held.manifests, "manifest"), (held.layers, "layer link"), (held.blobs, "blob")].filter { $0.0 > 0 }
            .map { words($0, $1) }
        guard let last = things.popLast(), let end = held.runs.map(\.end).max() else { return nil }
        let subject = things.isEmpty ? last : "\(things.joined(separator: ", ")) and \(last)"
        let isOne = held.manifests + held.layers + held.blobs == 1
        let names = held.runs.map(\.name.description)
        let (runs, latest) =
            names.count == 1 ? ("the run \(names[0])", "") : ("the runs \(names.joined(separator: ", "))", ", the last")
        return
            "\(subject) \(isOne ? "stays" : "stay"), because the trash needs \(isOne ? "it" : "them"): \(runs) can be put back\(latest) "
            + "until \(Timestamp(nanoseconds: end))"
    }

    /// Says what stays although what it belongs to goes.
    var leftReferrerNotes: [String] {
        leftReferrers.map { repository, count in
            let isOne = count == 1
            return
                "\(words(count, "manifest")) of '\(repository)' \(isOne ? "stays" : "stay") although what \(isOne ? "it belongs" : "they belong") to "
                + "goes: as long as that lies in the trash, a registry-gc of '\(repository)' takes \(isOne ? "it" : "them"); afterwards nothing tells "
                + "that \(isOne ? "it is" : "they are") to go, and registry-delete takes \(isOne ? "it" : "them") by name"
        }
    }

    /// Says which repositories keep what is left of them, because something in them is damaged.
    var wholeNotes: [String] {
        let losing = Set(repositories.filter { !$0.tags.isEmpty }.map(\.name))
        return wholeRepositories.map { name in
            let cause = "because something in it is damaged or not understood"
            if !losing.contains(name) { return "'\(name)' is kept whole, \(cause)" }
            return
                "'\(name)' loses no more than the tags that were asked for, \(cause); when that is mended, a registry-gc with 'delete-untagged' "
                + "frees what no tag reaches"
        }
    }

    /// The manifests that a setting keeps.
    private func untaggedNote(_ reason: KeyPath<UntaggedCounts, Int>, _ words: String) -> String? {
        let (manifests, repositories) = (untagged.manifests[keyPath: reason], untagged.repositories[keyPath: reason])
        if manifests == 0 { return nil }
        let places = repositories == 1 ? "1 repository" : "\(repositories) repositories"
        return "\(self.words(manifests, "untagged manifest")) of \(places) \(manifests == 1 ? "stays" : "stay"): \(words)"
    }

    private func words(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

    /// What stays of manifests that go.
    private func youngPartsNote(_ age: String) -> String? {
        let subject: String
        switch (youngLayers, youngBlobs) {
        case (0, 0): return nil
        case (0, let blobs): subject = words(blobs, "blob")
        case (let layers, 0): subject = "\(words(layers, "layer link")), with \(layers == 1 ? "its blob" : "their blobs"),"
        case (let layers, let blobs):
            subject = "\(words(layers, "layer link")), with \(layers == 1 ? "its blob" : "their blobs"), and \(words(blobs, "other blob"))"
        }
        let isOne = youngLayers + youngBlobs == 1
        return
            "\(subject) \(isOne ? "is" : "are") younger than 'min-age' (\(age)) and \(isOne ? "stays" : "stay"); a later registry-gc frees "
            + "what nothing needs then"
    }

    /// The manifests that stay: a collection takes them only where it may take what no tag names.
    private func youngManifestsNote(_ age: String) -> String? {
        if youngManifests == 0 { return nil }
        let isOne = youngManifests == 1
        return
            "\(words(youngManifests, "manifest")) \(isOne ? "stays" : "stay") with all that \(isOne ? "it names" : "they name"), because "
            + "\(isOne ? "it or what belongs to it" : "they or what belongs to them") is younger than 'min-age' (\(age)); a later registry-gc with "
            + "'delete-untagged' frees \(isOne ? "it" : "them")"
    }
}
