import HookKit
import Synchronization

/// A watch that asks the engine for its events each time, for an engine that keeps them all: Podman.
///
/// Observed with Podman 4.3.1: an event of an image is written down some milliseconds after the answer to the request that caused it.
final class RepeatedWatch: EngineWatch {
    private let client: DockerEngineClient
    private let start: Timestamp
    private let seen = Mutex<Set<EngineEvent>>([])

    /// Begins at a moment on the engine's clock.
    init(client: DockerEngineClient, start: Timestamp) {
        self.client = client
        self.start = start
    }

    /// The events that arrived since the last call.
    func arrived() async throws -> [EngineEvent] {
        let events = try await client.pastEvents(since: start, end: ("stream", "false"))
        return seen.withLock { seen in events.filter { seen.insert($0).inserted } }
    }

    /// Does nothing: no stream is open.
    func stop() async {}
}
