import HookKit
import YAML

/// Reads pipeline files.
///
///     let draft = try PipelineLoader(settings: set, environment: environment, workingDirectory: directory).parse(file: "pipeline.yml")
///     // start draft.plugins and register their rules
///     let pipeline = try draft.pipeline(with: registry)
package struct PipelineLoader: Sendable {
    private let settings: [String: String]
    private let environment: [String: String]
    private let workingDirectory: String

    /// Takes everything that a pipeline can depend on beside its file.
    ///
    /// - Parameters:
    ///   - settings: values from `--set`, which win over the file's variables.
    ///   - environment: the environment's variables, over which the file's variables win.
    ///   - workingDirectory: what the file's path is relative to, from the root.
    package init(settings: [String: String], environment: [String: String], workingDirectory: String) {
        self.settings = settings
        self.environment = environment
        self.workingDirectory = workingDirectory
    }

    /// Reads a file; throws where there is nothing in it that could be checked any further.
    package func parse(file: String) throws(InvalidPipeline) -> PipelineDraft {
        let path = ConfigPath(file, in: workingDirectory).absolute
        let bytes: [UInt8]
        do throws(PipelineFileReader.Failure) {
            bytes = try PipelineFileReader.bytes(of: path, limit: YAMLLimits.standard.inputBytes)
        } catch {
            throw InvalidPipeline(diagnostics: [Diagnostic(.error, error.message)], renderer: DiagnosticRenderer(file: file, source: nil))
        }
        return try parse(bytes, file: file)
    }

    /// Reads a file's contents; the name is for messages, for the pipeline's default name, and for the directory of relative paths.
    package func parse(_ bytes: [UInt8], file: String) throws(InvalidPipeline) -> PipelineDraft {
        let document = YAMLDocument(bytes)
        let renderer = DiagnosticRenderer(file: file, source: document.source)
        var diagnostics = document.problems.map { problem in
            Diagnostic(
                .error,
                problem.message,
                at: problem.position?.inSource,
                notes: problem.notes.map { Diagnostic.Note($0.message, at: $0.position.inSource) }
            )
        }
        guard let source = document.source, let root = document.root, case .mapping(let entries) = root.content else {
            if diagnostics.isEmpty { diagnostics = [Self.notAPipeline(document.root)] }
            throw InvalidPipeline(diagnostics: diagnostics, renderer: renderer)
        }
        var parser = PipelineParser(
            file: file,
            directory: Self.directory(of: ConfigPath(file, in: workingDirectory).absolute),
            variables: Variables(settings: settings, environment: environment, source: source),
            renderer: renderer,
            diagnostics: diagnostics
        )
        return parser.draft(of: entries, at: root.position, settings: settings.keys.sorted())
    }

    private static func notAPipeline(_ root: YAMLNode?) -> Diagnostic {
        let what: String
        switch root?.content {
        case .sequence: what = "a list"
        case .scalar(let scalar) where scalar.value != .null: what = "a text"
        default: return Diagnostic(.error, "the file is empty; a pipeline has a key 'stages'")
        }
        return Diagnostic(.error, "the file must be a mapping with a key 'stages', not \(what)", at: root?.position.inSource)
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return "/" }
        return String(path[..<slash])
    }
}
