import FoundationEssentials
import HTTPTransport
import HookKit
import OCI

extension RegistryClient {
    /// The names of all repositories, sorted.
    package func repositories() async throws -> [String] {
        let request = RegistryRequest(
            method: .get,
            path: "/v2/_catalog",
            scope: .catalog,
            accept: ["application/json"],
            limit: limits.question,
            size: limits.pageSize
        )
        let names = try await list(request) { client, answer, request throws(RegistryError) in
            try client.decode(WireCatalog.self, from: answer, to: request).repositories ?? []
        }
        for name in names where (try? path(name, "")) == nil {
            throw bad(request, "'\(name.oneLine)' where the name of a repository belongs")
        }
        return names
    }

    /// The tags of a repository, sorted; `nil` where the registry does not know the repository.
    package func tags(of repository: String) async throws -> [String]? {
        let request = RegistryRequest(
            method: .get,
            path: try path(repository, "tags/list"),
            scope: .pull(repository),
            accept: ["application/json"],
            limit: limits.question,
            size: limits.pageSize
        )
        do {
            let tags = try await list(request) { client, answer, request throws(RegistryError) in
                try client.decode(WireTags.self, from: answer, to: request).tags ?? []
            }
            for tag in tags where (try? component(.tag(tag))) == nil {
                throw bad(request, "'\(tag.oneLine)' where a tag belongs")
            }
            return tags
        } catch is UnknownRepository {
            return nil
        }
    }

    private struct UnknownRepository: Error {}

    /// Every entry of a list, page by page, sorted.
    ///
    /// A registry that sends the same page again, or page after page without anything new, is not followed for ever.
    private func list(
        _ first: RegistryRequest,
        _ entries: (RegistryClient, RegistryAnswer, RegistryRequest) throws(RegistryError) -> [String]
    ) async throws -> [String] {
        var found: Set<String> = []
        var asked: Set<String> = []
        var idlePages = 0
        var next: RegistryRequest? = first
        next?.query = "n=\(limits.pageLength)"
        while var request = next {
            asked.insert(request.target)
            var answer = try await transport.ask(request)
            if answer.status == 400, asked.count == 1 {
                // Some registries allow smaller pages only, and say which size they like when they are not asked for one.
                request.query = ""
                answer = try await transport.ask(request)
            }
            // A list that breaks off is no list.
            if answer.status == 404, request.scope != .catalog, asked.count == 1 { throw UnknownRepository() }
            answer = try await successful(answer, to: request)
            let count = found.count
            let page = try entries(self, answer, request)
            found.formUnion(page)
            guard found.count <= limits.listLength else {
                throw bad(request, "more than \(limits.listLength) entries, which is more than hook reads")
            }
            idlePages = found.count == count ? idlePages + 1 : 0
            next = try followingPage(answer, request)
            if next == nil, !request.query.isEmpty, page.count == limits.pageLength, found.count > count, let last = page.last {
                // Not every registry that gives no more than it is asked for says that there is more.
                next = first
                next?.query = "n=\(limits.pageLength)&last=\(last.percentEncoded(keeping: ""))"
            }
            if let next, asked.contains(next.target) || idlePages > limits.emptyPages {
                throw bad(next, "a page that leads back to an earlier one, so that the list has no end")
            }
        }
        return found.sorted()
    }

    /// The request for the page that comes after this one; `nil` at the end.
    ///
    /// Only path and query of the link count: whatever server it names, this registry is asked.
    func followingPage(_ answer: RegistryAnswer, _ request: RegistryRequest) throws -> RegistryRequest? {
        guard let link = answer.fields["link"].flatMap(LinkField.next) else { return nil }
        let here = WebAddress(scheme: .https, host: "registry.local", target: request.target)
        guard let address = here.resolving(link), address.target.hasPrefix("/v2/") else {
            throw bad(request, "a link to the next page that is no address of its API")
        }
        let parts = address.target.split(separator: "?", maxSplits: 1)
        guard parts[0] == request.path else { throw bad(request, "a link to the next page of another list") }
        var next = request
        next.query = parts.count == 2 ? String(parts[1]) : ""
        return next
    }
}
