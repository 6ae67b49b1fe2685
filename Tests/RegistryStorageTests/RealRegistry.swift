import Foundation
import OCI
import RegistryStorage
import StorageFixtures

/// `docker-registry serve` on a store, on a loopback port, and skopeo to push and pull.
final class RealRegistry: RunningRegistry, @unchecked Sendable {
    // Written only by `start` and `stop`, which tests call one after the other.
    private var process: Process?
    let port: Int
    private let directory: String
    private let store: String

    init(store: String, inMemoryCache: Bool, deletes: Bool = true, isReadOnly: Bool = false) throws {
        self.store = store
        directory = store + ".registry"
        port = try Self.freePort()
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let cache = inMemoryCache ? "  cache: {blobdescriptor: inmemory}\n" : ""
        let text = """
            version: 0.1
            log: {level: error, accesslog: {disabled: true}}
            storage:
              filesystem: {rootdirectory: \(store)}
              delete: {enabled: \(deletes)}
              maintenance: {readonly: {enabled: \(isReadOnly)}}
            \(cache)http: {addr: "127.0.0.1:\(port)"}

            """
        try text.write(toFile: directory + "/config.yml", atomically: true, encoding: .utf8)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    static let program = "/usr/bin/docker-registry"
    static var isThere: Bool {
        FileManager.default.isExecutableFile(atPath: program) && FileManager.default.isExecutableFile(atPath: "/usr/bin/skopeo")
    }

    private static func freePort() throws -> Int {
        let handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(handle) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(handle, $0, length) + getsockname(handle, $0, &length) }
        }
        guard result == 0 else { throw POSIXError(.EADDRINUSE) }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    func start() async throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.program)
        process.arguments = ["serve", directory + "/config.yml"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        self.process = process
        while await status("GET", "/v2/") != 200 {
            guard process.isRunning else { throw POSIXError(.ECHILD) }
            await Task.yield()
        }
    }

    func stop() {
        process?.terminate()
        process?.waitUntilExit()
        process = nil
    }

    /// Runs skopeo; says whether it succeeded.
    @discardableResult
    func skopeo(_ arguments: String...) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/skopeo")
        process.arguments = ["--insecure-policy"] + arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        do { try process.run() } catch { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    func push(_ layout: String, _ tag: String, to name: String) -> Bool {
        skopeo("copy", "-q", "--dest-tls-verify=false", "oci:\(layout):\(tag)", "docker://127.0.0.1:\(port)/\(name)")
    }

    func pull(_ name: String, to directory: String) -> Bool {
        try? FileManager.default.removeItem(atPath: directory)
        return skopeo("copy", "-q", "--src-tls-verify=false", "docker://127.0.0.1:\(port)/\(name)", "dir:\(directory)")
    }

    // MARK: What a collector asks

    private func request(_ method: String, _ path: String) async -> (status: Int, body: Data)? {
        guard let process = Optional(Process()) else { return nil }
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
        process.arguments =
            ["-s", "-w", "\n%{http_code}", "http://127.0.0.1:\(port)\(path)"]
            + (method == "HEAD" ? ["-I", "-o", "/dev/null"] : ["-X", method])
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        do { try process.run() } catch { return nil }
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let lines = String(decoding: data, as: UTF8.self).components(separatedBy: "\n")
        guard let code = lines.last.flatMap({ Int($0) }), code > 0 else { return nil }
        return (code, Data(lines.dropLast().joined(separator: "\n").utf8))
    }

    private func status(_ method: String, _ path: String) async -> Int? { await request(method, path)?.status }

    func state() async -> RunningRegistryState {
        // A registry that takes uploads begins one here, which is too young to go.
        switch await status("POST", "/v2/hook/state/blobs/uploads/") {
        case nil: .stopped
        case 405: .readOnly
        default: .writable
        }
    }

    func tags(of repository: String) async -> [String]? {
        guard let (status, body) = await request("GET", "/v2/\(repository)/tags/list"), status == 200 else { return nil }
        return (try? JSONSerialization.jsonObject(with: body) as? [String: Any])?["tags"] as? [String]
    }

    func hasBlob(_ digest: Digest, in repository: String) async -> Bool? {
        switch await status("HEAD", "/v2/\(repository)/blobs/\(digest)") {
        case 200: true
        case 404: false
        default: nil
        }
    }

    func unlinkBlob(_ digest: Digest, in repository: String) async -> BlobUnlinkOutcome {
        switch await status("DELETE", "/v2/\(repository)/blobs/\(digest)") {
        case 202: .unlinked
        case 404: .unknown
        case 405: .notAllowed
        case let code: .failed("DELETE answered \(code.map(String.init) ?? "nothing")")
        }
    }
}
