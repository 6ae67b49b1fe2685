import HTTPTransport
import HookKit
package import OCI
package import RegistryStorage

/// A registry that may serve a store while the store is collected.
package struct ServingRegistry: RunningRegistry {
    private let client: RegistryClient

    init(client: RegistryClient) { self.client = client }

    /// Works out whether pushes can happen, by asking which methods an upload's address knows.
    ///
    /// Nothing is written. Observed with distribution 2.8.2: `OPTIONS` on the address for new uploads lists POST, and with
    /// `maintenance.readonly`, which answers 405 to an upload, only GET and HEAD. What answers in another way is taken as unclear. Stopped is only
    /// what refuses the first connection of all to the address itself: what fails later, or on the way to another server, did answer.
    package func state() async -> RunningRegistryState {
        do {
            try await client.ping()
        } catch let error as RegistryError where error.code == .refused {
            return .stopped
        } catch {
            return .unclear("\(error)")
        }
        do {
            let request = RegistryRequest(
                method: .options,
                path: "/v2/hook/asks/blobs/uploads/",
                scope: .push("hook/asks"),
                limit: client.limits.question,
                size: client.limits.noteSize
            )
            let answer = try await client.transport.ask(request)
            let allowed = answer.fields["allow"].map { field in
                field.split(separator: ",").map { $0.filter { !$0.isWhitespace }.uppercased() }
            }
            guard answer.isSuccess || answer.status == 405, let allowed, allowed.contains("GET") || allowed.contains("POST") else {
                return .unclear("it answered \(request.name) with \(answer.status)")
            }
            return allowed.contains("POST") ? .writable : .readOnly
        } catch {
            return .unclear("\(error)")
        }
    }

    /// The tags that the registry lists; `nil` where it does not say.
    package func tags(of repository: String) async -> [String]? {
        // A collector needs to know that there is no answer, not why.
        (try? await client.tags(of: repository)) ?? nil
    }

    /// Asks whether the registry believes that a repository has a blob; `nil` where it does not say.
    package func hasBlob(_ digest: Digest, in repository: String) async -> Bool? { try? await client.hasBlob(digest, in: repository) }

    /// Drops a repository's link to a blob, and what the registry remembers of it.
    package func unlinkBlob(_ digest: Digest, in repository: String) async -> BlobUnlinkOutcome {
        do {
            return try await client.unlinkBlob(digest, in: repository)
        } catch {
            return .failed("\(error)")
        }
    }
}

extension RegistryClient {
    /// Drops a repository's link to a blob.
    func unlinkBlob(_ digest: Digest, in repository: String) async throws -> BlobUnlinkOutcome {
        try checkAccess(to: "delete the blob '\(repository.oneLine)@\(digest)'")
        let request = RegistryRequest(
            method: .delete,
            path: try path(repository, "blobs/\(digest)"),
            scope: .delete(repository),
            limit: limits.deletion,
            size: limits.noteSize
        )
        let answer = try await transport.ask(request)
        switch answer.status {
        case 404: return .unknown
        case 405, 501: return .notAllowed
        default:
            _ = try await successful(answer, to: request)
            return .unlinked
        }
    }
}
