import Foundation

/// Decides slowly and obviously what a collection must keep: reads everything into dictionaries and repeats until nothing changes.
///
/// Shares no line with the module. Without ages everything in the store is taken to be old, but for links it looks at no times.
struct ObviousCollector {
    /// When links are too young to go, in seconds.
    struct Ages {
        /// The time.
        var now: Int
        /// Nothing younger goes.
        var minimum: Int
        /// No untagged manifest that is younger, or that lost a tag later, goes.
        var untagged: Int
    }

    struct Repository {
        var young: Set<String> = []
        var youngTags: Set<String> = []
        /// When tags took what they name, and what they named before.
        var taken: [String: Int] = [:]
        var former: [String: [String: Int]] = [:]
        var revisions: Set<String> = []
        var tags: [String: String] = [:]
        var layers: Set<String> = []
        var bare: Set<String> = []
        var isDamaged = false
        var kept: Set<String> = []
        var keptTags: Set<String> = []
    }

    struct Manifest {
        var names: Set<String> = []
        var children: Set<String> = []
        var subject: String?
        var isUnknown = false
        var isIndex = false
    }

    let base: String
    let deleteUntagged: Bool
    let ages: Ages?
    private(set) var repositories: [String: Repository] = [:]
    private var blobs: [String: Data] = [:]

    init(path: String, deleteUntagged: Bool, ages: Ages? = nil) {
        base = path + "/docker/registry/v2"
        self.deleteUntagged = deleteUntagged
        self.ages = ages
        for file in TemporaryStore.files(beneath: base) {
            let parts = file.components(separatedBy: "/")
            if parts[0] == "blobs" { blobs[parts[3]] = FileManager.default.contents(atPath: base + "/" + file) ?? Data() }
        }
        load()
        let loaded = repositories
        mark()
        // A repository is kept whole in which something that is kept lacks something; that may keep more elsewhere, which may lack something as well.
        while true {
            let broken = repositories.filter { !$0.value.isDamaged && lacksSomething($0.value) }.keys
            if broken.isEmpty { return }
            let damaged = repositories.filter(\.value.isDamaged).map(\.key) + Array(broken)
            repositories = loaded
            for name in damaged { repositories[name]?.isDamaged = true }
            mark()
        }
    }

    private func lacksSomething(_ repository: Repository) -> Bool {
        repository.kept.intersection(repository.revisions).contains { digest in
            guard let manifest = manifest(digest), !manifest.isUnknown else { return false }
            if !manifest.names.allSatisfy({ blobs[$0] != nil }) { return true }
            return !manifest.children.isSubset(of: repository.revisions.union(repository.layers))
        }
    }

    private mutating func load() {
        for case let directory as String in FileManager.default.enumerator(atPath: base + "/repositories") ?? .init() {
            guard let range = directory.range(of: "/_") else { continue }
            let name = String(directory[..<range.lowerBound])
            let rest = directory[range.upperBound...].components(separatedBy: "/")
            var repository = repositories[name] ?? Repository()
            let base = base
            let text = {
                String(decoding: FileManager.default.contents(atPath: base + "/repositories/" + directory) ?? Data(), as: UTF8.self)
            }
            if rest.count == 4, rest[0] == "manifests", rest[1] == "revisions" { repository.bare.insert(rest[3]) }
            if rest.last == "link" {
                if rest[0] == "layers" { repository.layers.insert(rest[2]) }
                if rest[0] == "manifests", rest[1] == "revisions" {
                    repository.revisions.insert(rest[3])
                    if isYoung(directory) { repository.young.insert(rest[3]) }
                    if text() != "sha256:" + rest[3] { repository.isDamaged = true }
                }
                if rest[0] == "manifests", rest[1] == "tags", rest[3] == "current" {
                    repository.tags[rest[2]] = String(text().dropFirst(7))
                    if isYoung(directory) { repository.youngTags.insert(rest[2]) }
                    repository.taken[rest[2]] = time(directory)
                }
                if rest[0] == "manifests", rest[1] == "tags", rest[3] == "index" {
                    repository.former[rest[2], default: [:]][rest[5]] = time(directory)
                }
            }
            repositories[name] = repository
        }
        for (name, repository) in repositories {
            repositories[name]?.bare = repository.bare.subtracting(repository.revisions)
            if repository.revisions.contains(where: { manifest($0) == nil }) { repositories[name]?.isDamaged = true }
            if !repository.tags.values.allSatisfy({ repository.revisions.contains($0) }) { repositories[name]?.isDamaged = true }
        }
    }

    private func time(_ link: String) -> Int? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: base + "/repositories/" + link)
        return (attributes?[.modificationDate] as? Date).map { Int($0.timeIntervalSince1970) }
    }

    private func isYoung(_ link: String) -> Bool {
        guard let ages, let time = time(link) else { return false }
        return time > ages.now - (deleteUntagged ? max(ages.minimum, ages.untagged) : ages.minimum)
    }

    /// What lost a tag to another not long ago.
    private func lately(_ repository: Repository) -> Set<String> {
        guard let ages, deleteUntagged, ages.untagged > 0 else { return [] }
        var lost: Set<String> = []
        for (tag, target) in repository.tags {
            guard let taken = repository.taken[tag] else { continue }
            let former = (repository.former[tag] ?? [:]).filter { $0.key != target }
            for (digest, time) in former {
                let later = (Array(former.values) + [taken]).filter { $0 > time }.min()
                if later ?? max(taken, former.values.max() ?? taken) > ages.now - ages.untagged { lost.insert(digest) }
            }
        }
        return lost
    }

    private func manifest(_ digest: String) -> Manifest? {
        guard let data = blobs[digest], let json = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else { return nil }
        let digests = { (value: Any?) in
            ((value as? [[String: Any]]) ?? []).compactMap { ($0["digest"] as? String).map { String($0.dropFirst(7)) } }
        }
        var manifest = Manifest()
        let type = json["mediaType"] as? String
        manifest.isUnknown = type == "application/x-unknown"
        if manifest.isUnknown {
            manifest.names = Set((json["names"] as? [String] ?? []).map { String($0.dropFirst(7)) })
        } else {
            manifest.names = Set(digests(json["layers"]) + digests([json["config"]]))
            manifest.children = Set(digests(json["manifests"]))
            manifest.isIndex = json["manifests"] != nil
            manifest.subject = ((json["subject"] as? [String: Any])?["digest"] as? String).map { String($0.dropFirst(7)) }
        }
        return manifest
    }

    /// The subject that a tag's name belongs to, where the tag is one that lives by it.
    private func subject(ofTag tag: String, _ target: String) -> String? {
        guard tag.hasPrefix("sha256-"), tag.count >= 71 else { return nil }
        let hex = String(tag.dropFirst(7).prefix(64))
        let ending = String(tag.dropFirst(71))
        guard hex != target, ["", ".sig", ".att", ".sbom"].contains(ending) else { return nil }
        if ending.isEmpty {
            guard let manifest = manifest(target), !manifest.isUnknown else { return nil }
            if manifest.subject == hex { return hex }
            guard manifest.isIndex else { return nil }
            for child in manifest.children { if let known = self.manifest(child), known.subject != hex { return nil } }
        }
        return hex
    }

    private mutating func mark() {
        for (name, repository) in repositories where repository.isDamaged {
            repositories[name]?.kept = repository.revisions.union(repository.tags.values)
            repositories[name]?.keptTags = Set(repository.tags.keys)
        }
        for (name, repository) in repositories where !repository.isDamaged {
            let governed = Set(repository.tags.compactMap { subject(ofTag: $0.key, $0.value) == nil ? nil : $0.value })
            for (tag, target) in repository.tags where subject(ofTag: tag, target) == nil {
                repositories[name]?.keptTags.insert(tag)
                repositories[name]?.kept.insert(target)
            }
            // Nobody knows what it is for.
            for revision in repository.revisions where manifest(revision)?.isUnknown == true {
                repositories[name]?.kept.insert(revision)
            }
            if !deleteUntagged {
                for revision in repository.revisions where manifest(revision)?.subject == nil && !governed.contains(revision) {
                    repositories[name]?.kept.insert(revision)
                }
            }
        }
        keepYoung()
        var settled = Set<String>()
        while true {
            spread()
            // What belongs to something that nothing tells was ever in the store is kept, as long as nothing else decides.
            guard let doubt = firstDoubt(settled) else { return }
            settled.insert(doubt.name + doubt.subject)
            keepReferrers(of: doubt.subject, in: doubt.name)
        }
    }

    /// What is young stays, and so does what it belongs to, in whatever repository that is.
    private mutating func keepYoung() {
        var subjects: Set<String> = []
        for (name, repository) in repositories {
            repositories[name]?.kept.formUnion(repository.young)
            let lost = lately(repository).intersection(repository.revisions)
            if !repository.isDamaged { repositories[name]?.kept.formUnion(lost) }
            for digest in repository.young { if let subject = manifest(digest)?.subject { subjects.insert(subject) } }
            for (tag, target) in repository.tags where repository.youngTags.contains(tag) {
                repositories[name]?.keptTags.insert(tag)
                repositories[name]?.kept.insert(target)
                if let subject = subject(ofTag: tag, target) { subjects.insert(subject) }
            }
        }
        var seen: Set<String> = []
        while let next = subjects.popFirst() {
            if !seen.insert(next).inserted { continue }
            for (name, repository) in repositories where repository.revisions.contains(next) {
                repositories[name]?.kept.insert(next)
                if let above = manifest(next)?.subject { subjects.insert(above) }
            }
        }
    }

    private mutating func spread() {
        var before = -1
        while before != size {
            before = size
            for name in repositories.keys {
                for digest in repositories[name]?.kept ?? [] {
                    guard let manifest = manifest(digest) else { continue }
                    if manifest.isIndex { repositories[name]?.kept.formUnion(manifest.children) }
                    let own = repositories[name]?.revisions ?? []
                    if manifest.isUnknown { repositories[name]?.kept.formUnion(manifest.names.intersection(own)) }
                }
                let repository = repositories[name] ?? Repository()
                if repository.isDamaged { continue }
                for subject in subjects(repository) {
                    let isAlive =
                        repository.revisions.contains(subject)
                        ? repository.kept.contains(subject) : repositories.values.contains { $0.kept.contains(subject) }
                    if isAlive { keepReferrers(of: subject, in: name) }
                }
            }
        }
    }

    private var size: Int { repositories.values.reduce(0) { $0 + $1.kept.count + $1.keptTags.count } }

    private func subjects(_ repository: Repository) -> Set<String> {
        Set(repository.revisions.compactMap { manifest($0)?.subject } + repository.tags.compactMap { subject(ofTag: $0.key, $0.value) })
    }

    private mutating func keepReferrers(of subject: String, in name: String) {
        let repository = repositories[name] ?? Repository()
        for revision in repository.revisions where manifest(revision)?.subject == subject { repositories[name]?.kept.insert(revision) }
        for (tag, target) in repository.tags where self.subject(ofTag: tag, target) == subject {
            repositories[name]?.keptTags.insert(tag)
            repositories[name]?.kept.insert(target)
        }
    }

    private func firstDoubt(_ settled: Set<String>) -> (name: String, subject: String)? {
        for (name, repository) in repositories where !repository.isDamaged {
            for subject in subjects(repository) where !settled.contains(name + subject) {
                if repository.revisions.contains(subject) || repository.kept.contains(subject) { continue }
                if repositories.values.contains(where: { $0.bare.contains(subject) }) || blobs[subject] != nil { continue }
                return (name, subject)
            }
        }
        return nil
    }

    /// The files that must be there after a collection.
    var keptFiles: Set<String> {
        var files: Set<String> = []
        var live: Set<String> = []
        for (name, repository) in repositories {
            let top = "repositories/\(name)"
            for digest in repository.kept {
                if repository.revisions.contains(digest) { files.insert("\(top)/_manifests/revisions/sha256/\(digest)/link") }
                live.insert(digest)
                live.formUnion(manifest(digest)?.names ?? [])
                live.formUnion(manifest(digest)?.children ?? [])
            }
            let needed =
                repository.isDamaged
                ? repository.layers
                : Set(
                    repository.kept.flatMap { digest in manifest(digest).map { $0.names.union($0.children) } ?? [] }
                )
            for layer in repository.layers.intersection(needed) { files.insert("\(top)/_layers/sha256/\(layer)/link") }
            if repository.isDamaged { live.formUnion(repository.layers) }
            for tag in repository.keptTags { files.insert("\(top)/_manifests/tags/\(tag)/current/link") }
        }
        if repositories.values.allSatisfy({ $0.revisions.isEmpty && $0.bare.isEmpty && $0.tags.isEmpty }) { live = Set(blobs.keys) }
        for digest in live where blobs[digest] != nil { files.insert("blobs/sha256/\(digest.prefix(2))/\(digest)/data") }
        return files
    }
}
