import Glibc

/// The least that any collector must do, on one thread and without understanding anything: list the directories of blobs, read every tag's
/// link and every manifest once, unlink what a list names.
struct Floor {
    private let arguments: [String]

    init(arguments: [String]) {
        self.arguments = arguments
    }

    func run() throws {
        let base = arguments[0] + "/docker/registry/v2"
        var links: [String] = []
        var revisions: [String] = []
        find(base + "/repositories", &links, &revisions)
        var manifests: Set<String> = []
        for link in links where read(link) == 71 {
            manifests.insert(String(decoding: UnsafeRawBufferPointer(rebasing: buffer[7..<71]), as: UTF8.self))
        }
        manifests.formUnion(revisions)
        var blobs = 0
        forEachEntry(base + "/blobs/sha256") { prefix, _ in
            forEachEntry(base + "/blobs/sha256/" + prefix) { _, _ in blobs += 1 }
        }
        var bytes = 0
        for hex in manifests { bytes += read("\(base)/blobs/sha256/\(hex.prefix(2))/\(hex)/data") }
        print("floor: \(links.count) tags \(manifests.count) manifests \(blobs) blobs \(bytes) bytes")
        if arguments.contains("--dry-run") { return }
        guard let list = fopen(arguments[1], "r") else { RegistryBench.fail("cannot read \(arguments[1])") }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        while true {
            let count = getline(&line, &capacity, list)
            guard count > 1, let line else { break }
            line[count - 1] = 0
            let full = base + "/" + String(cString: line)
            unlink(full)
            if let slash = full.lastIndex(of: "/") { rmdir(String(full[..<slash])) }
        }
        fclose(list)
    }

    // The memory lives as long as the program.
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 8)

    /// Reads a file's first 64 KiB into the buffer.
    private func read(_ path: String) -> Int {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        if file < 0 { return 0 }
        defer { close(file) }
        return max(Glibc.read(file, buffer.baseAddress, buffer.count), 0)
    }

    private func find(_ path: String, _ links: inout [String], _ revisions: inout [String]) {
        forEachEntry(path) { name, isDirectory in
            if name == "_manifests" {
                forEachEntry(path + "/_manifests/tags") { tag, _ in links.append("\(path)/_manifests/tags/\(tag)/current/link") }
                forEachEntry(path + "/_manifests/revisions/sha256") { hex, _ in revisions.append(hex) }
            } else if isDirectory, !name.hasPrefix("_") {
                find(path + "/" + name, &links, &revisions)
            }
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
}
