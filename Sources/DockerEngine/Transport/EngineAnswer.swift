import FoundationEssentials
import NIOCore

/// A whole answer of an engine.
struct EngineAnswer: Sendable {
    /// The request that it answers.
    let request: EngineRequest
    /// The HTTP status.
    let status: Int
    /// The version of the Docker API that the engine speaks at most.
    let apiVersion: String?
    /// The version of Podman's own API, where Podman answers.
    let libpodVersion: String?
    /// The body.
    let body: ByteBuffer

    /// Says whether the engine did what it was asked.
    var isSuccess: Bool { (200..<300).contains(status) }

    /// Hands the bytes of the body to a reader.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try self.body.withUnsafeReadableBytes(body)
    }

    /// The body as text that a JSON decoder takes: bytes that are no UTF-8 are replaced by U+FFFD.
    ///
    /// Engines of today repair their texts themselves; what one that does not puts into a name must neither end the run nor pass for a name.
    var text: Data { body.withUnsafeReadableBytes { Self.repaired($0) } }

    /// The bytes, with those that are no UTF-8 replaced by U+FFFD.
    static func repaired(_ bytes: UnsafeRawBufferPointer) -> Data {
        if String(validating: bytes, as: UTF8.self) != nil { return Data(bytes) }
        return Data(String(decoding: bytes, as: UTF8.self).utf8)
    }
}
