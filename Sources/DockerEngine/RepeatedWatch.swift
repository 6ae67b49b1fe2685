import HookKit
import Synchronization

/// A watch that asks the engine for its events each time, for an engine that keeps them all: Podman.
///
/// Observed with Podman 4.3.1: an event of an image is written down some milliseconds after the answer to the request that caused it.
final class RepeatedWatch: EngineWatch {
    private struct State {
        /// From when on events are asked for.
        var since: Timestamp
        var seen: Set<EngineEvent> = []
    }

    /// How much later than another's an event may be written down that happened before it.
    private static let delay = Duration.seconds(10)

    private let client: DockerEngineClient
    private let start: Timestamp
    private let state: Mutex<State>

    /// Begins at a moment on the engine's clock.
    init(client: DockerEngineClient, start: Timestamp) {
        self.client = client
        self.start = start
        state = Mutex(State(since: start))
    }

    /// The events that arrived since the last call.
    ///
    /// Only the newest are asked for again, so that a run of many removals does not read the whole log before each.
    func arrived() async throws -> [EngineEvent] {
        let since = state.withLock { $0.since }
        let events = try await client.pastEvents(since: since, end: ("stream", "false"))
        return state.withLock { state in
            let new = events.filter { state.seen.insert($0).inserted }
            if let latest = events.map(\.time).max() { state.since = max(start, state.since, latest - Self.delay) }
            return new
        }
    }

    /// Does nothing: no stream is open.
    func stop() async {}
}
