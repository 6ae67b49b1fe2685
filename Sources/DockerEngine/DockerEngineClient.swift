import FoundationEssentials
import HTTPTransport
package import HookKit
import NIOCore
import OCI
import Synchronization

/// A Docker Engine, or Podman through its Docker-compatible API.
///
/// Requests run in parallel up to `EngineLimits.parallelRequests`. A call throws `EngineError`, or `CancellationError` when its task is cancelled; a
/// removal that was sent is waited for all the same.
///
/// - Warning: call `shutdown()` when done: the connections and the thread behind them do not end by themselves.
package final class DockerEngineClient: ContainerEngine {
    let transport: EngineTransport
    private let access: EngineAccess
    private let dialectValue = SharedValue<EngineDialect>()
    private let introduction = SharedValue<EngineIntroduction>()
    private let shared = Mutex(SharedAnswers())

    /// The answers that observers share, as soon as they are asked for.
    ///
    /// The tasks are nobody's children: others may wait for them too. `forgetListing` or `shutdown` ends the one that nobody may be waiting for.
    struct SharedAnswers {
        var images: Task<[EngineImage], any Error>?
        var events: Task<[EngineEvent], any Error>?
        var diskUsage: Task<EngineDiskUsage, any Error>?
        /// Tells whether something may have changed since an answer was asked for.
        var generation = 0
    }

    /// Prepares to speak to an engine; reads its certificates and connects to nothing.
    package init(endpoint: EngineEndpoint, access: EngineAccess, limits: EngineLimits = EngineLimits()) throws(EngineError) {
        transport = try EngineTransport(endpoint: endpoint, limits: limits)
        self.access = access
    }

    /// Closes the connections; a request that is still under way fails.
    package func shutdown() async {
        forgetListing()
        await transport.shutdown()
    }

    /// Makes the next listing of images be asked for anew; for the runner, after a stage that may have changed something by other ways.
    package func forgetListing() {
        shared.withLock { shared in
            shared.images = nil
            shared.events = nil
            shared.diskUsage?.cancel()
            shared.diskUsage = nil
            shared.generation += 1
        }
    }

    /// Asks for the disk usage ahead of time; the next call of `diskUsage` gets this answer, unless something may have changed by then.
    package func prepareDiskUsage() {
        shared.withLock { shared in
            if shared.diskUsage == nil { shared.diskUsage = Task { try await self.fetchDiskUsage() } }
        }
    }

    /// What images, layers and the build cache take on disk.
    package func diskUsage() async throws -> EngineDiskUsage {
        let prepared = shared.withLock { shared in
            defer { shared.diskUsage = nil }
            return shared.diskUsage
        }
        guard let prepared else { return try await fetchDiskUsage() }
        return try await withTaskCancellationHandler {
            try await prepared.value
        } onCancel: {
            prepared.cancel()
        }
    }

    /// Which engine this is; asked once.
    package var identity: EngineIdentity {
        get async throws { try await introduce().identity }
    }

    /// Which engine this is, where it was asked already.
    package var knownIdentity: EngineIdentity? {
        get async { await introduction.known?.identity }
    }

    /// What the engine says of itself; asked once.
    func introduce() async throws -> EngineIntroduction {
        try await introduction.value { try await self.fetchIntroduction() }
    }

    /// The limits.
    var limits: EngineLimits { transport.limits }

    /// How this engine is spoken to; asked once.
    func dialect() async throws -> EngineDialect {
        try await dialectValue.value {
            let answer = try await self.transport.ask(.get("/_ping", limit: self.limits.introduction))
            return try EngineDialect(self.successful(answer), from: self.transport.subject)
        }
    }

    /// Every image, intermediate ones included, in the engine's order.
    package func images(_ freshness: ListingFreshness) async throws -> [EngineImage] {
        try await answer(\.images, freshness) { try await self.fetchImages() }
    }

    /// What the engine remembers of images, containers and volumes, oldest first.
    package func recentEvents(_ freshness: ListingFreshness) async throws -> [EngineEvent] {
        try await answer(\.events, freshness) { try await self.events(since: nil) }
    }

    /// An answer that was asked for now, or one that observers share.
    private func answer<Value: Sendable>(
        _ place: WritableKeyPath<SharedAnswers, Task<Value, any Error>?>,
        _ freshness: ListingFreshness,
        fetch: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard freshness == .sharedByObservers else {
            let generation = shared.withLock { $0.generation }
            let value = try await fetch()
            shared.withLock { shared in
                // What was asked for before a change must not be handed out after it.
                if shared.generation == generation { shared[keyPath: place] = Task { value } }
            }
            return value
        }
        let task = shared.withLock { shared in
            if let task = shared[keyPath: place] { return task }
            let task = Task { try await fetch() }
            shared[keyPath: place] = task
            return task
        }
        do {
            return try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
        } catch {
            // A failure is not kept: the next who asks may have more luck.
            shared.withLock { shared in
                if shared[keyPath: place] == task { shared[keyPath: place] = nil }
            }
            throw error
        }
    }

    /// Asks for something at a path of the Docker API.
    func get(_ path: String, _ query: [(String, String)] = [], limit: Duration? = nil) async throws -> EngineAnswer {
        let dialect = try await dialect()
        return try await ask(.get(dialect.path(path), query, limit: limit ?? limits.question), dialect)
    }

    /// Asks a question, and asks it again where an image or a container went while Podman was answering.
    ///
    /// Observed with Podman 4.3.1: a listing fails as a whole when one of its images is removed meanwhile, or the container of a build. Where it goes on failing, the storage is
    /// damaged, and the answer says so.
    func ask(_ request: EngineRequest, _ dialect: EngineDialect) async throws -> EngineAnswer {
        var answer = try await transport.ask(request)
        var attempts = 1
        while dialect.isPodman, answer.status == 500, attempts < 10, answer.namesWhatIsGone {
            answer = try await transport.ask(request)
            attempts += 1
        }
        return answer
    }

    /// Asks for a document at a path of the Docker API.
    func document<Content: Decodable>(
        _ type: Content.Type,
        at path: String,
        _ query: [(String, String)] = [],
        limit: Duration? = nil
    ) async throws -> Content {
        try decode(type, from: successful(try await get(path, query, limit: limit)))
    }

    /// Sends a request that changes something; in a dry run it throws before anything is sent.
    func command(_ request: EngineRequest) async throws -> EngineAnswer {
        forgetListing()
        // What was listed while the change was under way may be half old.
        defer { forgetListing() }
        return try await transport.command(request)
    }

    /// Throws in a dry run; `action` is what would have been done.
    func checkAccess(to action: String) throws(EngineError) {
        guard access == .readWrite else {
            throw EngineError(.dryRun, "a dry run changes nothing, so \(transport.subject) is not asked to \(action)")
        }
    }

    /// The answer, where the engine did what it was asked; otherwise throws what it said.
    func successful(_ answer: EngineAnswer) throws(EngineError) -> EngineAnswer {
        guard !answer.isSuccess else { return answer }
        let complaint = answer.complaint
        let code: EngineError.Code
        var advice = ""
        switch (answer.status, answer.cause) {
        case (404, _) where answer.request.method == .get: code = .unsupported
        case (404, _): code = .notFound
        case (409, _): code = .conflict
        // A network with endpoints, and one that the engine made itself, are refused with 403.
        case (403, _) where answer.request.method != .get: code = .conflict
        // Podman's API has no number of its own for these.
        case (500, "container state improper"?), (500, "network is being used"?), (500, "image is in use by a container"?): code = .conflict
        // The image went while the engine was about to remove it: moby, `image/store.go`.
        case (500, _) where answer.request.method != .get && complaint.contains("unrecognized image ID"): code = .notFound
        case (405, _), (501, _): code = .unsupported
        case (400, _) where complaint.contains("client version"):
            code = .unsupported
            advice = "; update hook or the engine"
        case (400, _) where complaint.contains("HTTPS server"):
            code = .configuration
            advice = "; set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH"
        case (401, _), (403, _):
            code = .badAnswer
            advice = "; the engine's authorization plugin, or a proxy before it, has to allow this"
        // A proxy says so where the engine did not answer it, or not in time.
        case (502, _), (503, _), (504, _):
            throw answer.request.unanswered("\(transport.subject) answered \(answer.request.name) with \(answer.status): \(complaint)")
        default: code = .badAnswer
        }
        throw EngineError(code, "\(transport.subject) answered \(answer.request.name) with \(answer.status): \(complaint)\(advice)")
    }

    /// Reads an answer as a document; what is none, or says something impossible, is a bad answer.
    func decode<Content: Decodable>(_ type: Content.Type, from answer: EngineAnswer) throws(EngineError) -> Content {
        do {
            return try JSONDecoder().decode(type, from: answer.text)
        } catch {
            throw answer.request.unanswered(
                "\(transport.subject) answered \(answer.request.name) with \(WireFailure.description(of: error, size: answer.body.readableBytes))"
            )
        }
    }

    /// Asks one question for each of many things, several at a time; what is answered with `nil` is left out.
    func inspect<Key: Hashable & Sendable, Details: Sendable>(
        _ keys: [Key],
        one: @escaping @Sendable (Key) async throws -> Details?
    ) async throws -> [Key: Details] {
        try await withThrowingTaskGroup(of: (Key, Details?).self) { group in
            var found: [Key: Details] = [:]
            var rest = Set(keys).makeIterator()
            for _ in 0..<limits.parallelRequests {
                guard let key = rest.next() else { break }
                group.addTask { (key, try await one(key)) }
            }
            while let (key, details) = try await group.next() {
                found[key] = details
                if let key = rest.next() { group.addTask { (key, try await one(key)) } }
            }
            return found
        }
    }
}

extension EngineAnswer {
    /// Says whether Podman answered with the failure to find something that was there when it began to answer.
    fileprivate var namesWhatIsGone: Bool {
        let words = [complaint, cause ?? ""]
        return ["image not known", "container not known", "no such container"].contains { gone in words.contains { $0.contains(gone) } }
    }
}

extension String {
    /// The text as one component of a path; `nil` for what a path would read as something else.
    var pathComponent: String? {
        isEmpty || self == "." || self == ".." ? nil : percentEncoded(keeping: "")
    }
}
