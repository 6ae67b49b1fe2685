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
