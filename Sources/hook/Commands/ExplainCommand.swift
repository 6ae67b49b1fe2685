import ArgumentParser
import History
import HookKit
import Reports
import TagLedger
import TagRules

/// `hook explain`: why an image is `<none>`.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Explain why an image is <none>: the evidence, what holds it, what it costs, how to give the name back.",
        discussion: """
            The cause is found as 'detect-overwritten' finds it. Of an image that has a name, the command says which, and since when. Nothing is \
            written, neither to the ledger nor to the engine.

            Exit codes: 0; 64 the engine has no such image, or several; 69 the engine or the ledger cannot be read; 75 others hold the ledger; 78 the \
            pipeline file is wrong.
            """
    )

    @Argument(help: "The image: its ID or the beginning of it, a name, or a name with a digest.") var image: String
    @Flag(help: "Print one JSON document.") var json = false
    @OptionGroup var ledgerArguments: LedgerArguments

    func run() async throws {
        let surroundings = ProcessSurroundings.current()
        let sources = try ledgerArguments.sources(in: surroundings)
        let report = try await LedgerArguments.withLedger(at: sources.ledger, missing: .isEmpty) { _ in
            let ledger = LedgerConnection(path: sources.ledger.absolute, access: .readOnly)
            let services = LiveServices(readingAt: sources.dockerHost, ledger: ledger, process: surroundings)
            do {
                let report = try await explain(with: services, sources, surroundings)
                await services.close()
                return report
            } catch let error as EngineError {
                await services.close()
                StandardStream.error.write("hook: error: \(error)\n")
                throw ExitCode(69)
            } catch {
                await services.close()
                throw error
            }
        }
        if json {
            try StandardStream.show(ExplanationDocument.bytes(report))
        } else {
            let terminal = surroundings.standardOutput
            let text = ExplanationText(options: TextOptions(width: terminal.width, usesColour: terminal.allowsColor))
            try StandardStream.show(text.bytes(report))
        }
    }

    private func explain(
        with services: LiveServices,
        _ sources: LedgerArguments.Sources,
        _ surroundings: ProcessSurroundings
    ) async throws -> ExplanationReport {
        let context = RuleContext(
            stage: "explain",
            directory: sources.directory,
            isDryRun: true,
            environment: RunEnvironment(
                build: BuildRecord(run: surroundings.runIdentifier, pipeline: "explain"),
                event: .manual,
                variables: surroundings.environment,
                now: surroundings.now
            ),
            services: services
        ) { output in
            if case .log(.warning, let message) = output { StandardStream.error.write("hook: warning: \(message)\n") }
        }
        let found = try Self.lookUp(image, among: try await context.engine.images(.sharedByObservers))
        let explained = try await ImageExplainer.explain(found, in: context)
        let notes =
            LedgerArguments.exists(sources.ledger)
            ? [] : ["there is no ledger '\(sources.ledger)', so only the engine's memory tells; 'track-tags' would keep what it forgets"]
        return ExplanationReport(
            version: HookVersion.current,
            ledger: sources.ledger.absolute,
            notes: notes,
            engine: explained.engine,
            image: explained.image,
            cause: explained.explanation.map { explanation in
                ExplanationReport.Cause(
                    name: explanation.cause.rawValue,
                    message: explanation.message,
                    lostTag: explanation.lostTag,
                    holder: explanation.holder,
                    time: explanation.time,
                    build: explanation.build,
                    evidence: explanation.evidence,
                    waysOut: explanation.waysOut,
                    remedy: explanation.remedy
                )
            },
            moments: explained.moments.map { ExplanationReport.Moment(time: $0.time, text: $0.text) },
            containers: explained.containers,
            children: explained.children,
            ownSize: explained.ownSize,
            generations: explained.generations,
            removal: explained.removal
        )
    }

    private static func lookUp(_ text: String, among images: [EngineImage]) throws -> EngineImage {
        switch ImageLookup.find(text, among: images) {
        case .found(let image): return image
        case .ambiguous(let images):
            let shown = images.prefix(10).map { image in
                "\(image.id.hex.prefix(max(12, text.count + 4))) \(image.references.first.map { "'\($0)'" } ?? "<none>")"
            }
            let more = images.count > shown.count ? " and \(images.count - shown.count) more" : ""
            throw CommandMistake.exit("'\(text)' is the beginning of \(images.count) images: \(shown.joined(separator: ", "))\(more)")
        case .missing(let near):
            throw CommandMistake.exit("the engine has no image '\(text)'\(near.hint(ownedBy: "it has"))")
        }
    }
}
