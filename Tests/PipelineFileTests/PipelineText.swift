import HookKit
import HookTesting
import PipelineFile
import Testing

/// A pipeline file in a test: its text, in which `▲` marks the places of diagnostics, and what it is read with.
struct PipelineText: Sendable, CustomTestStringConvertible {
    let marked: String
    let messages: [String]
    var settings: [String: String] = [:]
    var environment: [String: String] = [:]

    init(_ marked: String, _ messages: String..., settings: [String: String] = [:], environment: [String: String] = [:]) {
        self.marked = marked
        self.messages = messages
        self.settings = settings
        self.environment = environment
    }

    var testDescription: String { marked.debugDescription }

    /// Reads the text as `pipeline.yml` in `/srv/shop`.
    func pipeline() throws -> Pipeline {
        let loader = PipelineLoader(settings: settings, environment: environment, workingDirectory: "/srv/shop")
        let draft = try loader.parse(Array(MarkedText(marked).text.utf8), file: "pipeline.yml")
        return try draft.pipeline(with: try .forTests())
    }

    /// Reads the text and expects it to be refused with the messages at the marks, both in the order of the file.
    ///
    /// A message that belongs to no place has no mark; notes are checked where diagnostics are printed.
    func expectRefusal(sourceLocation: SourceLocation = #_sourceLocation) throws {
        do {
            _ = try pipeline()
            Issue.record("the pipeline is accepted", sourceLocation: sourceLocation)
        } catch let error as InvalidPipeline {
            #expect(error.diagnostics.map(\.message) == messages, sourceLocation: sourceLocation)
            let found = error.diagnostics.compactMap { $0.position.map { MarkedText.Place(line: $0.line, column: $0.column) } }
            #expect(found == MarkedText(marked).places, sourceLocation: sourceLocation)
            #expect(error.diagnostics.allSatisfy { $0.severity == .error }, sourceLocation: sourceLocation)
        }
    }
}
