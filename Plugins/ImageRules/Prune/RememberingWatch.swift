import HookKit

/// A watch that keeps what it heard, so that the ledger can be told of it at the end.
actor RememberingWatch: EngineWatch {
    private let watch: any EngineWatch
    private var heard: [EngineEvent] = []

    /// Listens through another watch.
    init(_ watch: any EngineWatch) { self.watch = watch }

    func arrived() async throws -> [EngineEvent] {
        let events = try await watch.arrived()
        heard += events
        return events
    }

    func stop() async { await watch.stop() }

    /// Writes to the ledger what the engine said: it forgets, and what an image was used for, and what became of it, is asked later.
    ///
    /// What was removed is removed, whether or not this succeeds; the log says why not.
    func record(in context: RuleContext) async {
        do {
            let engine = try await context.engine
            let identity = try await engine.identity
            // The last ones may not have arrived yet, and more than the engine remembers may have.
            let events = heard + (try await engine.events(since: nil))
            try await context.ledger.record(events, on: identity)
        } catch {
            context.log(.warning, "the ledger was not told what was removed: \(error)")
        }
    }
}
