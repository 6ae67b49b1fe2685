import FoundationEssentials
import HTTPTransport
import HookKit
import NIOPosix
import OCI
import RegistryStorage
import Synchronization

/// A registry that speaks the OCI Distribution API, version 2.
///
/// Requests run in parallel up to `RegistryLimits.parallelRequests`. A call throws `RegistryError`, or `CancellationError` when its task is
/// cancelled; a deletion that was sent is waited for all the same.
package final class RegistryClient: Registry {
    /// The name as image references have it.
    package let name: String
    let transport: RegistryTransport
    /// Says whether the registry was found to have no API for referrers.
    let lacksReferrers = Mutex(false)
    private let access: RegistryAccess

    init(transport: RegistryTransport, access: RegistryAccess) {
        name = transport.endpoint.name
        self.transport = transport
        self.access = access
    }

    /// The limits.
    var limits: RegistryLimits { transport.limits }

    /// Asks whether a registry answers; says nothing of what it allows.
    package func ping() async throws { _ = try await transport.introduction() }

    /// Closes the connections; a request that is still under way fails.
    func shutdown() async { await transport.shutdown() }

    /// Throws in a dry run; `action` is what would have been done.
    func checkAccess(to action: String) throws(RegistryError) {
        guard access == .readWrite else {
            throw RegistryError(.dryRun, "a dry run deletes nothing, so \(transport.subject) is not asked to \(action)")
        }
    }

    /// The path of something in a repository; throws where the name is none, so that no path is built from anything that was not checked.
    func path(_ repository: String, _ rest: String) throws(RegistryError) -> String {
        guard ImageReference("\(ImageReference.checkedHost)/\(repository)")?.path == repository else {
            throw RegistryError(.configuration, "'\(repository.oneLine)' is no name of a repository")
        }
        return "/v2/\(repository)/\(rest)"
    }

    /// A tag or digest as the last component of a path.
    func component(_ target: RegistryTarget) throws(RegistryError) -> String {
        if case .tag(let tag) = target, ImageReference("\(ImageReference.checkedHost)/x:\(tag)")?.tag != tag {
            throw RegistryError(.configuration, "'\(tag.oneLine)' is no tag")
        }
        return target.description
    }

    /// The answer, where the registry did what it was asked; otherwise throws what it said.
    func successful(_ answer: RegistryAnswer, to request: RegistryRequest) async throws -> RegistryAnswer {
        guard !answer.isSuccess else { return answer }
        let complaint = await transport.complaint(of: answer)
        let code: RegistryError.Code
        var advice = ""
        switch answer.status {
        case 403:
            code = .unauthorized
            advice = "; this user may not do that"
        case 404, 405, 501:
            code = .unsupported
            if request.method == .delete {
                advice = "; allow deletes in the registry's configuration (`storage: delete: enabled: true`)"
            }
        case 400 where complaint.contains("HTTPS server"):
            code = .configuration
            advice = "; write 'https://\(name)'"
        // What is wrong with a deletion in the registry's eyes, such as that the tag is immutable, keeps it from being carried out; 408 does not say so.
        case 400..<500 where request.method == .delete && answer.status != 408: code = .unsupported
        default: code = .badAnswer
        }
        throw RegistryError(code, "\(transport.subject) answered \(request.name) with \(answer.status): \(complaint)\(advice)")
    }

    /// Reads an answer as a document.
    func decode<Document: Decodable>(
        _ type: Document.Type,
        from answer: RegistryAnswer,
        to request: RegistryRequest
    ) throws(RegistryError) -> Document {
        do {
            return try JSONDecoder().decode(type, from: answer.body)
        } catch {
            throw bad(
                request,
                answer.body.isEmpty
                    ? "nothing where JSON was expected"
                    : "something that is not the document expected (\(ByteSize(bytes: Int64(answer.body.count))))"
            )
        }
    }

    /// An answer that cannot be used; `what` ends the sentence.
    func bad(_ request: RegistryRequest, _ what: String) -> RegistryError {
        RegistryError(.badAnswer, "\(transport.subject) answered \(request.name) with \(what)")
    }

    /// Throws where a body is not what a digest says.
    func verify(_ body: Data, is digest: Digest, _ request: RegistryRequest) throws(RegistryError) {
        guard let own = Self.digest(of: body, by: digest.algorithm) else {
            throw RegistryError(
                .wrongDigest,
                "\(transport.subject) answered \(request.name) with content named by a \(digest.algorithm.rawValue) digest, which hook cannot verify"
            )
        }
        guard own == digest else {
            throw RegistryError(
                .wrongDigest,
                "\(transport.subject) answered \(request.name) with content whose digest is \(own), not \(digest): it is damaged or was exchanged"
            )
        }
    }

    /// The digest of some bytes; `nil` for an algorithm that is not computed.
    static func digest(of body: Data, by algorithm: Digest.Algorithm = .sha256) -> Digest? {
        guard algorithm == .sha256 else { return nil }
        var hash = BlobHash()
        body.withUnsafeBytes { hash.update($0) }
        return Digest(hash.finish().description)
    }
}

extension ImageReference {
    /// A host that puts a path into a reference without `library/` being added.
    fileprivate static let checkedHost = "registry.local"
}
