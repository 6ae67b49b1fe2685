import Glibc

/// The least that any collector must do, on one thread and without understanding anything: list the directories of blobs, read every tag's
/// link and every manifest once, unlink what a list names.
struct Floor {
    let arguments: [String]

    func run() throws {
        let base = arguments[0] + "/docker/registry/v2"
        var links: [String] = []
        findLinks(base + "/repositories", &links)
        var manifests: Set<String> = []
        for link in links { if let text = read(link) { manifests.insert(text) } }
        let garbage = read(arguments[1], limit: 1 << 30).map { $0.split(separator: "\n").map(String.init) } ?? []
        var blobs = 0
        forEachEntry(base + "/blobs/sha256") { prefix, _ in
            forEachEntry(base + "/blobs/sha256/" + prefix) { _, _ in blobs += 1 }
        }
        // The revisions' names are the other manifests; they stand in the list of directories.
        var bytes = 0
        findRevisions(base + "/repositories", &manifests)
        for manifest in manifests {
            let hex = manifest.dropFirst(7)
            bytes += read("\(base)/blobs/sha256/\(hex.prefix(2))/\(hex)/data")?.utf8.count ?? 0
        }
        print("floor: \(links.count) tags \(manifests.count) manifests \(blobs) blobs \(bytes) bytes \(garbage.count) garbage")
        if arguments.contains("--dry-run") { return }
        for path in garbage {
            let full = base + "/" + path
            unlink(full)
            if let slash = full.lastIndex(of: "/") { rmdir(String(full[..<slash])) }
        }
    }

    private func forEachEntry(_ path: String, _ body: (String, Bool) -> Void) {
        guard let directory = opendir(path) else { return }
        while let entry = readdir(directory) {
            let isDirectory = entry.pointee.d_type == UInt8(DT_DIR)
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { body(name, isDirectory) }
        }
        closedir(directory)
    }

    private func findLinks(_ path: String, _ links: inout [String]) {
        forEachEntry(path) { name, isDirectory in
            if name == "_manifests" {
                forEachEntry(path + "/_manifests/tags") { tag, _ in links.append("\(path)/_manifests/tags/\(tag)/current/link") }
            } else if isDirectory, !name.hasPrefix("_") {
                findLinks(path + "/" + name, &links)
            }
        }
    }

    private func findRevisions(_ path: String, _ manifests: inout Set<String>) {
        forEachEntry(path) { name, isDirectory in
            if name == "_manifests" {
                forEachEntry(path + "/_manifests/revisions/sha256") { hex, _ in manifests.insert("sha256:" + hex) }
            } else if isDirectory, !name.hasPrefix("_") {
                findRevisions(path + "/" + name, &manifests)
            }
        }
    }

    private func read(_ path: String, limit: Int = 1 << 16) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        if file < 0 { return nil }
        defer { close(file) }
        var buffer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while buffer.count < limit {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count <= 0 { break }
            buffer += chunk[..<count]
            if count < chunk.count { break }
        }
        return String(decoding: buffer, as: UTF8.self)
    }
}
