import HookKit
import OCI
import Testing

@testable import TagLedger

/// The engine of most tests.
let engine = EngineIdentity(
    identifier: "engine",
    name: "host",
    product: "Docker 20.10.24",
    apiVersion: "1.41",
    imageStore: .classic,
    endpoint: "unix:///var/run/docker.sock"
)

/// Another engine, on which the same names mean other images.
let otherEngine = EngineIdentity(
    identifier: "other",
    name: "host2",
    product: "Podman 4.3.1",
    apiVersion: "1.41",
    imageStore: .podman,
    endpoint: "unix:///run/podman/podman.sock"
)

/// A digest that is recognised in a message.
func digest(_ number: Int, _ algorithm: Digest.Algorithm = .sha256) throws -> Digest {
    let hex = String(number, radix: 16)
    return try #require(
        Digest(algorithm: algorithm, hex: String(repeating: "0", count: algorithm.hexCount - 10 - hex.count) + hex + "abcdef0123")
    )
}

/// A reference.
func reference(_ text: String) throws -> ImageReference { try #require(ImageReference(text)) }

/// An observation of a tag on the image with a number.
func observation(_ tag: String, _ image: Int, manifest: Int? = nil) throws -> TagObservation {
    TagObservation(reference: try reference(tag), image: try digest(image), manifestDigest: try manifest.map { try digest($0) })
}

/// A build that has everything.
func build(_ number: Int) -> BuildRecord {
    BuildRecord(
        run: "run-\(number)",
        pipeline: "image-hygiene",
        commit: "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d",
        branch: "main",
        system: "gitlab",
        buildNumber: "\(4700 + number)",
        jobURL: "https://gitlab.example.com/shop/api/-/jobs/\(9000 + number)",
        user: "ann"
    )
}

/// A moment, in seconds after the beginning of the tests' time.
func moment(_ seconds: Int64) -> Timestamp { Timestamp(nanoseconds: 1_760_000_000_000_000_000 + seconds * 1_000_000_000) }

/// Opens a ledger for writing.
func writable(_ path: String) async throws -> SQLiteLedger { try await SQLiteLedger.open(path: path, access: .readWrite) }

/// The error that a ledger's call threw; anything else fails the test.
func ledgerError<Value>(_ body: () async throws -> Value) async throws -> LedgerError {
    do {
        _ = try await body()
    } catch let error as LedgerError {
        return error
    }
    Issue.record("nothing was thrown")
    throw CancellationError()
}
