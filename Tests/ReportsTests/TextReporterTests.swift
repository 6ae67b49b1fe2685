import HookKit
import Runner
import Testing

@testable import Reports

@Suite struct TextReporterTests {
    static func text(_ result: RunResult, _ options: TextOptions) -> String {
        var reporter = TextReporter(options: options)
        return String(decoding: SampleRuns.events(result).flatMap { reporter.receive($0) }, as: UTF8.self)
    }

    @Test(arguments: [60, 80, 120, 200])
    func runFitsTheTerminal(width: Int) throws {
        let options = TextOptions(width: width, fullReport: "build/hook.json")
        let text =
            Self.text(SampleRuns.hygiene, options) + "\n" + Self.text(SampleRuns.plan, options) + "\n"
            + Self.text(SampleRuns.endings, options)
        try Snapshot.expect(text, named: "text-\(width).txt")
    }
}
