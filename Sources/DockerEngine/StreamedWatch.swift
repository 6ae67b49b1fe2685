import AsyncHTTPClient
import HookKit
import NIOCore
import Synchronization

/// A watch that follows an answer of the engine that has no end.
final class StreamedWatch: EngineWatch {
    /// What was read and not asked for yet, shared with the task that reads.
    private final class Inbox: Sendable {
        struct Content {
            var events: [EngineEvent] = []
            var failure: EngineError?
        }

        let content = Mutex(Content())
    }

    private let inbox = Inbox()
    private let reader: Task<Void, Never>

    /// Follows an answer that has begun; events before `start` are left out.
    ///
    /// The task that reads lives as long as the watch, and so is nobody's child; `stop()`, or the end of the watch, ends it.
    init(body: HTTPClientResponse.Body, request: EngineRequest, start: Timestamp, transport: EngineTransport) {
        reader = Task { [inbox] in
            let failure = await Self.read(body, request: request, start: start, transport: transport, into: inbox)
            inbox.content.withLock { $0.failure = $0.failure ?? failure }
        }
    }

    deinit { reader.cancel() }

    /// The events that arrived since the last call; throws when the stream broke, since silence then says nothing.
    func arrived() async throws -> [EngineEvent] {
        try inbox.content.withLock { content throws(EngineError) in
            if let failure = content.failure { throw failure }
            defer { content.events = [] }
            return content.events
        }
    }

    /// Ends the stream.
    func stop() async {
        reader.cancel()
        await reader.value
    }

    /// Reads until the stream breaks; why it did.
    private static func read(
        _ body: HTTPClientResponse.Body,
        request: EngineRequest,
        start: Timestamp,
        transport: EngineTransport,
        into inbox: Inbox
    ) async -> EngineError {
        var events = EventReader(largest: transport.limits.answerSize)
        let reason: String
        do {
            for try await buffer in body {
                let arrived = try events.append(buffer.readableBytesView).filter { $0.time >= start }
                let unread = inbox.content.withLock { content in
                    content.events += arrived
                    return content.events.count
                }
                guard unread <= transport.limits.unreadEvents else {
                    return broken(transport, request, "more than \(unread) events waited")
                }
            }
            reason = "the engine ended it"
        } catch let error as EngineError {
            reason = error.description
        } catch is CancellationError {
            reason = "it was stopped"
        } catch let error where error is JSONDocuments.Failure || error is DecodingError || error is WireFailure {
            reason = "the engine sent \(DockerEngineClient.description(ofBadEvent: error))"
        } catch {
            let failure = transport.failure(of: request, error)
            reason = (failure as? EngineError)?.description ?? "it was stopped"
        }
        return broken(transport, request, reason)
    }

    private static func broken(_ transport: EngineTransport, _ request: EngineRequest, _ reason: String) -> EngineError {
        EngineError(
            .badAnswer,
            "the stream of events from \(transport.subject) (\(request.name)) broke, so what happens there now is not seen: \(reason)"
        )
    }
}
