import ArgumentParser
import HookKit
import PipelineFile
import TagLedger

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Which ledger and which engine a command reads that runs no pipeline: those of the pipeline file, as `hook run` would take them.
struct LedgerArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Take the ledger and the engine of this pipeline file. Default: the one that 'hook run' finds.",
            valueName: "file"
        ),
        completion: .file(extensions: ["yml", "yaml"])
    )
    var pipeline: String?

    @Option(
        help: ArgumentHelp(
            "The ledger. Default: the pipeline file's, else .hook/ledger.sqlite. With it no pipeline file is read, unless one is named.",
            valueName: "file"
        ),
        completion: .file()
    )
    var ledger: String?

    @Option(name: .customLong("set"), help: ArgumentHelp("Give a variable of the pipeline file a value.", valueName: "name=value"))
    var settings: [String] = []

    /// What is read.
    struct Sources {
        /// The ledger's file.
        let ledger: ConfigPath
        /// The engine's address in the pipeline file.
        let dockerHost: String?
        /// The directory that the pipeline file lies in.
        let directory: String
    }

    /// Finds the ledger and the engine; mistakes in the pipeline file are printed, and end the command with exit code 78.
    func sources(in surroundings: ProcessSurroundings) throws -> Sources {
        let directory = surroundings.workingDirectory
        let typed = ledger.map { ConfigPath($0, in: directory) }
        let file = pipeline ?? (typed == nil ? PipelineFileFinder.find(from: directory) : nil)
        guard let file else {
            return Sources(ledger: typed ?? ConfigPath(".hook/ledger.sqlite", in: directory), dockerHost: nil, directory: directory)
        }
        let loader = PipelineLoader(
            settings: try PipelineArguments.variables(settings),
            environment: surroundings.environment,
            workingDirectory: directory
        )
        do {
            let draft = try loader.parse(file: file)
            // What is wrong with a stage's settings does not matter here; what could not be read may be the ledger's path.
            guard !draft.diagnostics.contains(where: { $0.severity == .error }) else {
                StandardStream.error.write(draft.renderer.text(for: draft.diagnostics))
                throw ExitCode(78)
            }
            return Sources(ledger: typed ?? draft.ledger, dockerHost: draft.dockerHost, directory: draft.directory)
        } catch let error as InvalidPipeline {
            StandardStream.error.write(error.description)
            throw ExitCode(78)
        }
    }

    /// Opens the ledger for reading and hands it over; one that cannot be read ends the command with exit code 69, and with 75 where others
    /// hold it.
    ///
    /// - Parameters:
    ///   - missing: hands over an empty ledger where there is none, instead of ending the command.
    static func withLedger<Result>(
        at path: ConfigPath,
        missing: MissingLedger,
        _ body: (SQLiteLedger) async throws -> Result
    ) async throws -> Result {
        do {
            if missing == .isRefused, !exists(path) {
                throw LedgerError(.failed, "there is no ledger '\(path)'; a pipeline with a 'track-tags' stage makes one")
            }
            return try await body(try await SQLiteLedger.open(path: path.absolute, access: .readOnly))
        } catch let error as LedgerError {
            StandardStream.error.write("hook: error: \(error)\n")
            throw ExitCode(error.code == .busy ? 75 : 69)
        }
    }

    /// Says whether something is at the path, or whether that cannot be told: access(2).
    static func exists(_ path: ConfigPath) -> Bool { access(path.absolute, F_OK) == 0 || errno != ENOENT }

    /// What a ledger that does not exist is.
    enum MissingLedger {
        /// An empty one.
        case isEmpty
        /// A reason to end the command.
        case isRefused
    }
}
