import HookKit

/// Reports one finding of the outcome that it is told.
struct Reporting: Rule {
    static let configuration = RuleConfiguration(name: "reporting", abstract: "Report.", effect: .observes)
    @Setting(help: "Outcome.") var outcome: String = "passed"

    func run(in context: RuleContext) async throws {
        let outcome = Finding.Outcome(rawValue: outcome) ?? .error
        context.report(Finding(subject: context.stage, outcome: outcome, type: "test", message: "dry run: \(context.isDryRun)"))
        context.reclaimed(1000)
    }
}

/// Throws the error that it is told.
struct Throwing: Rule {
    static let configuration = RuleConfiguration(name: "throwing", abstract: "Throw.")
    @Setting(help: "Error.") var error: String

    func run(in context: RuleContext) async throws {
        switch error {
        case "engine": throw EngineError(.unreachable, "nobody answers")
        case "busy": throw LedgerError(.busy, "held by others")
        case "full": throw LedgerError(.full, "the disk is full")
        case "bug": throw EngineError(.dryRun, "a removal in a dry run")
        default: throw CommandError("no such program")
        }
    }
}

/// Waits until it is cancelled, then reports that it finished what it had in hand.
struct Waiting: Rule {
    static let configuration = RuleConfiguration(name: "waiting", abstract: "Wait.")

    func run(in context: RuleContext) async throws {
        context.log(.info, "waiting")
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        await withTaskCancellationHandler {
            for await _ in stream {}
        } onCancel: {
            continuation.finish()
        }
        context.report(.passed(subject: "in hand", type: "test", message: "finished"))
        try Task.checkCancellation()
    }
}

/// Announces that it will ask for the disk usage.
struct Asking: Rule {
    static let configuration = RuleConfiguration(name: "asking", abstract: "Ask.", effect: .observes, preparations: [.diskUsage])

    func run(in context: RuleContext) async throws {}
}

/// Gathers evidence where a report shows it.
struct Gathering: Rule {
    static let configuration = RuleConfiguration(name: "gathering", abstract: "Gather.", effect: .observes)

    func run(in context: RuleContext) async throws {
        context.report(
            .passed(subject: "gathering", type: "gathered", message: "", evidence: context.showsEvidence ? ["gathered": true] : nil)
        )
    }
}
