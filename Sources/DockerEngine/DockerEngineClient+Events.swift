import AsyncHTTPClient
import FoundationEssentials
import HTTPTransport
package import HookKit
import NIOCore
import NIOHTTP1

/// Events: `/events`.
extension DockerEngineClient {
    /// What the engine remembers of images, containers, volumes and services since a moment (a short buffer in its memory), oldest first.
    package func events(since: Timestamp?) async throws -> [EngineEvent] {
        let dialect = try await dialect()
        if dialect.isPodman { return try await pastEvents(since: since, end: ("stream", "false")) }
        // Docker sends what it remembers and ends when its clock has passed the end: the latest that it can show now.
        return try await pastEvents(since: since, end: ("until", Self.queryText(of: engineTime().upperBound)))
    }

    /// Begins to follow the events of images, containers, volumes and services.
    ///
    /// Docker begins its answer before it listens for events, so it is asked for all since a moment before: what falls in between is in its buffer.
    /// Podman 4.3 begins its answer with the first event only; it is asked anew each time, which its log, that forgets nothing, allows.
    package func watch() async throws -> any EngineWatch {
        let start = try await engineTime().lowerBound
        let dialect = try await dialect()
        guard !dialect.isPodman else { return RepeatedWatch(client: self, start: start) }
        let request = EngineRequest.get(
            dialect.path("/events"),
            [("since", Self.queryText(of: start)), ("filters", Self.eventFilter)],
            limit: limits.introduction
        )
        let response = try await transport.open(request)
        guard response.status == .ok else {
            let body = try? await withTimeLimit(limits.introduction) { try await response.body.collect(upTo: 65_536) }
            let answer = EngineAnswer(
                request: request,
                status: Int(response.status.code),
                apiVersion: nil,
                libpodVersion: nil,
                // The status says that it failed; a reason that cannot be read is no reason given.
                body: body ?? ByteBuffer()
            )
            _ = try successful(answer)
            throw EngineError(.badAnswer, "\(transport.subject) answered \(request.name) with \(answer.status)")
        }
        return StreamedWatch(body: response.body, request: request, start: start, transport: transport)
    }

    /// The events since a moment, where the end of the answer is asked for by `end`.
    func pastEvents(since: Timestamp?, end: (String, String)) async throws -> [EngineEvent] {
        // Podman leaves out what happened in the very moment.
        let query = [("since", since.map { Self.queryText(of: $0 - .seconds(1)) } ?? "0"), end, ("filters", Self.eventFilter)]
        let answer = try successful(try await get("/events", query))
        var reader = EventReader(largest: limits.answerSize)
        let events: [EngineEvent]
        do {
            events = try reader.append(answer.body.readableBytesView)
        } catch {
            throw EngineError(
                .badAnswer,
                "\(transport.subject) answered \(answer.request.name) with \(Self.description(ofBadEvent: error))"
            )
        }
        guard !reader.isInEvent else {
            throw EngineError(.badAnswer, "\(transport.subject) answered \(answer.request.name) with half an event at the end")
        }
        // Sorting keeps the order of events of one moment.
        return events.filter { event in since.map { event.time >= $0 } ?? true }.sorted { $0.time < $1.time }
    }

    /// What is wrong with something among events, as the end of a sentence: `with …`.
    static func description(ofBadEvent error: any Error) -> String {
        error is JSONDocuments.Failure
            ? "something that is no event" : "an event that cannot be read: \(WireFailure.description(of: error, size: 1))"
    }

    /// Only what is about images, containers, volumes and services; an engine that knows no services passes over the word.
    private static let eventFilter = #"{"type":{"container":true,"image":true,"service":true,"volume":true}}"#

    /// A moment as the query takes it: seconds since 1970, with nine digits behind the point.
    static func queryText(of moment: Timestamp) -> String {
        let nanoseconds = max(0, moment.nanoseconds)
        let fraction = String(nanoseconds % 1_000_000_000)
        return "\(nanoseconds / 1_000_000_000).\(String(repeating: "0", count: 9 - fraction.count))\(fraction)"
    }
}
