import HookKit
import Runner
import Testing

@testable import Reports

@Suite struct LogReporterTests {
    private static let stage = SampleRuns.hygiene.stages[2]
    private static let events: [RunEvent] = [
        .runStarted(SampleRuns.hygiene.run),
        .log(.debug, "read ~/.docker/config.json", stage: nil),
        .stageStarted(stage.stage),
        .log(.info, "2000 images", stage: stage.stage),
        .log(.warning, "the plugin wrote:\n::error::\u{1B}[2J\n  more", stage: stage.stage),
        .stageFinished(stage),
        .runFinished(SampleRuns.hygiene),
    ]

    private static func text(_ verbosity: LogReporter.Verbosity, usesColour: Bool = false) -> String {
        var reporter = LogReporter(verbosity: verbosity, usesColour: usesColour)
        return String(decoding: events.flatMap { reporter.receive($0) }, as: UTF8.self)
    }

    private static let warning = "warning: prune: the plugin wrote:\n  | ::error::␛[2J\n  |   more\n"

    @Test func levelsAreFiltered() {
        #expect(Self.text(.quiet) == Self.warning)
        #expect(Self.text(.normal) == "prune: 2000 images\n" + Self.warning)
        #expect(
            Self.text(.verbose) == "debug: hook: read ~/.docker/config.json\ndebug: prune: begins\nprune: 2000 images\n" + Self.warning
                + "debug: prune: ended after 2.6s\n"
        )
    }

    @Test func onlyTheLevelIsColoured() {
        #expect(Self.text(.quiet, usesColour: true) == "\u{1B}[33mwarning:\u{1B}[0m" + Self.warning.dropFirst("warning:".count))
    }
}
