import Foundation
import HookTesting
import OCI
import RegistryStorage
import StorageFixtures
import Testing

/// `docker-registry serve` on a store, on a loopback port, and skopeo to push and pull.
final class RealRegistry: RunningRegistry, @unchecked Sendable {
    // Written only by `start` and `stop`, which tests call one after the other.
    private var process: RunningProcess?
    let port: Int
    private let directory: String
    private let store: String

    init(store: String, inMemoryCache: Bool, deletes: Bool = true, isReadOnly: Bool = false) throws {
        self.store = store
        let port = try Self.freePort()
        self.port = port
        // Of its own: several may serve one store.
        directory = "\(store).registry-\(port)"
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
        let process = try RunningProcess([Self.program, "serve", directory + "/config.yml"])
        self.process = process
        while await status("GET", "/v2/") != 200 {
            try #require(process.now.status == nil, "the registry ended: \(process.now)")
            await Task.yield()
        }
    }

    /// Ends the registry in order, and waits for its end.
    func stop() async throws {
        process?.signal(SIGTERM)
        _ = try await process?.end()
        process = nil
    }

    /// Ends the registry at once.
    func kill() { process = nil }

    /// Runs skopeo; says whether it succeeded.
    @discardableResult
    func skopeo(_ arguments: String...) async throws -> Bool {
        try await runProcess(["/usr/bin/skopeo", "--insecure-policy"] + arguments).exitCode == 0
    }

    func push(_ layout: String, _ tag: String, to name: String) async throws -> Bool {
        try await skopeo("copy", "-q", "--dest-tls-verify=false", "oci:\(layout):\(tag)", "docker://127.0.0.1:\(port)/\(name)")
    }

    func pull(_ name: String, to directory: String) async throws -> Bool {
        try? FileManager.default.removeItem(atPath: directory)
        return try await skopeo("copy", "-q", "--src-tls-verify=false", "docker://127.0.0.1:\(port)/\(name)", "dir:\(directory)")
    }

    // MARK: What a collector asks

    private func request(_ method: String, _ path: String) async -> (status: Int, body: Data)? {
        let form = method == "HEAD" ? ["-I", "-o", "/dev/null"] : ["-X", method]
        let outcome = try? await runProcess(["/usr/bin/curl", "-s", "-w", "\n%{http_code}", "http://127.0.0.1:\(port)\(path)"] + form)
        var lines = (outcome?.standardOutput ?? "").split(separator: "\n", omittingEmptySubsequences: false)
        guard let code = lines.popLast().flatMap({ Int($0) }), code > 0 else { return nil }
        return (code, Data(lines.joined(separator: "\n").utf8))
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
