import ArgumentParser
import History
import HookKit
import OCI
import Reports
import TagLedger

/// `hook history`: what the ledger knows of a tag, or of all.
struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Show what a tag named before, and what became of it.",
        discussion: """
            Of a tag: each image that it named, when a look of 'track-tags' first found it there, how long it lived, by which build, and what became of \
            it. What is there now is asked of the engine, where it answers; what nothing tells is not known. Without a tag: the tags that the ledger \
            knows, the one that changed last first. Nothing is written, neither to the ledger nor to the engine.

            The signs of --graph: * the image has a name, o it is <none>, x it is gone, ? nothing tells.

            Exit codes: 0; 64 the ledger knows no such tag; 69 the ledger cannot be read, or there is none; 75 others hold it; 78 the pipeline file is \
            wrong.
            """
    )

    @Argument(help: "A tag, as the docker command line takes it: without a registry it lies on docker.io, without a tag 'latest' is meant.")
    var reference: String?

    @Option(help: ArgumentHelp("Show at most so many generations, or tags, the newest first; 0 shows all.", valueName: "n"))
    var limit = 20

    @Flag(help: "Print one JSON document.") var json = false
    @Flag(help: "Print one line per generation, with a sign for what became of it.") var graph = false
    @Flag(help: "Print everything that is known of each generation.") var long = false
    @Flag(help: "Ask no engine: tell only what the ledger knows.") var noEngine = false
    @OptionGroup var ledgerArguments: LedgerArguments

    func validate() throws {
        if limit < 0 { throw ValidationError("'--limit \(limit)' must be a number of generations or tags, or 0 for all") }
        if [json, graph, long].filter({ $0 }).count > 1 { throw ValidationError("'--json', '--graph' and '--long' exclude each other") }
        if reference == nil, graph || long { throw ValidationError("'--\(graph ? "graph" : "long")' needs a tag") }
    }

    func run() async throws {
        let surroundings = ProcessSurroundings.current()
        let sources = try ledgerArguments.sources(in: surroundings)
        let bound = limit == 0 ? nil : limit
        let report: HistoryReport
        if let reference {
            report = try await history(of: reference, limit: bound, sources, surroundings)
        } else {
            let summaries = try await LedgerArguments.withLedger(at: sources.ledger, missing: .isRefused) { ledger in
                try await ledger.summaries(limit: bound)
            }
            if summaries.total == 0, !json {
                StandardStream.error.write(
                    "the ledger '\(sources.ledger)' knows no tag yet; a pipeline with a 'track-tags' stage writes them there\n"
                )
                return
            }
            report = self.report(.tags(summaries), .notAsked, sources, surroundings)
        }
        if json {
            try StandardStream.show(HistoryDocument.bytes(report))
        } else {
            let terminal = surroundings.standardOutput
            let text = HistoryText(
                layout: graph ? .graph : long ? .details : .table,
                options: TextOptions(width: terminal.width, usesColour: terminal.allowsColor)
            )
            try StandardStream.show(text.bytes(report))
        }
    }

    private func history(
        of typed: String,
        limit: Int?,
        _ sources: LedgerArguments.Sources,
        _ surroundings: ProcessSurroundings
    ) async throws -> HistoryReport {
        guard let reference = ImageReference(typed)?.latest else {
            throw CommandMistake.exit("'\(typed)' is no reference of an image; write it as docker does: shop/api:v1")
        }
        // The engine works on its answer while the ledger is read.
        async let asked: EngineAnswer = noEngine ? .notAsked : PresentEngine.ask(host: sources.dockerHost, in: surroundings)
        let records = try await LedgerArguments.withLedger(at: sources.ledger, missing: .isRefused) { ledger in
            let records = try await ledger.records(of: reference, limit: limit)
            if records.isEmpty {
                let hint = try await ledger.near(reference).hint(ownedBy: "it knows")
                throw CommandMistake.exit("the ledger '\(sources.ledger)' knows no tag '\(reference)'\(hint)")
            }
            return records
        }
        let answer = await asked
        return report(.tag(typed, records.map { TagHistory($0, answer) }), answer, sources, surroundings)
    }

    private func report(
        _ subject: HistoryReport.Subject,
        _ answer: EngineAnswer,
        _ sources: LedgerArguments.Sources,
        _ surroundings: ProcessSurroundings
    ) -> HistoryReport {
        HistoryReport(
            ledger: sources.ledger.absolute,
            version: HookVersion.current,
            now: surroundings.now(),
            subject: subject,
            answer: answer
        )
    }
}
