import HookKit
import HookTesting
import Runner
import Testing

@testable import Reports

@Suite struct CIReporterTests {
    private static func github(_ events: [RunEvent]) -> String {
        var reporter = GitHubReporter(options: TextOptions())
        return String(decoding: events.flatMap { reporter.receive($0) }, as: UTF8.self)
    }

    private static func gitlab(_ events: [RunEvent]) -> String {
        var reporter = GitLabReporter(options: TextOptions())
        return String(decoding: events.flatMap { reporter.receive($0) }, as: UTF8.self)
    }

    @Test func gitHubShowsGroupsAndAnnotations() throws {
        var events = SampleRuns.events(SampleRuns.hygiene)
        events.insert(.log(.warning, "100% of the disk\nis used", stage: SampleRuns.hygiene.stages[2].stage), at: events.count - 2)
        try Snapshot.expect(Self.github(events) + "\n" + Self.github(SampleRuns.events(SampleRuns.endings)), named: "github.txt")
    }

    @Test func gitLabShowsSections() throws {
        let text = Self.gitlab(SampleRuns.events(SampleRuns.hygiene)) + "\n" + Self.gitlab(SampleRuns.events(SampleRuns.endings))
        try Snapshot.expect(text, named: "gitlab.txt")
    }

    @Test func gitHubKeepsTenAnnotationsSoTheLastOneCountsTheRest() {
        let findings = (1...30).map { Finding.failed(subject: "s\($0)", type: "overwritten", message: "lost") }
        let result = SampleRuns.run([
            SampleRuns.stage(1, "detect-overwritten", findings: findings), SampleRuns.stage(2, "guard-tags", findings: findings),
        ])
        let errors = Self.github(SampleRuns.events(result)).split(separator: "\n").filter { $0.hasPrefix("::error") }
        #expect(errors.count == 10)
        #expect(errors.first == "::error title=1 detect-overwritten%3A overwritten::s1: lost")
        #expect(errors.last == "::error title=hook::51 more are in the step's log and in the reports")
    }

    @Test func noTextFromOutsideBecomesACommandOfGitHub() {
        let first = TestSeed.first
        print("seeds from \(first)")
        for seed in first..<(first + 150) {
            let result = GeneratedRuns.run(seed: seed)
            var depth = 0
            for line in Self.github(SampleRuns.events(result)).split(separator: "\n") {
                #expect(!line.contains("##["), "seed \(seed): \(line)")
                guard let command = WorkflowCommand(line: line) else { continue }
                switch command.name {
                case "group": depth += 1
                case "endgroup": depth -= 1
                case "error", "warning", "notice":
                    #expect(Set(command.properties.keys) == ["title"], "seed \(seed): \(line)")
                    #expect(depth == 0, "seed \(seed)")
                default: Issue.record("seed \(seed): \(line)")
                }
                #expect((0...1).contains(depth), "seed \(seed)")
            }
            #expect(depth == 0, "seed \(seed)")
        }
    }

    @Test func noTextFromOutsideEndsASectionOfGitLab() {
        let first = TestSeed.first
        print("seeds from \(first)")
        for seed in first..<(first + 150) {
            let result = GeneratedRuns.run(seed: seed)
            let marks = Self.gitlab(SampleRuns.events(result)).split(separator: "\u{1B}[0K").filter {
                $0.contains("section_") && $0.hasSuffix("\r")
            }
            #expect(marks.count % 2 == 0, "seed \(seed)")
            for (index, mark) in marks.enumerated() {
                #expect(mark.hasPrefix(index % 2 == 0 ? "section_start:" : "section_end:"), "seed \(seed)")
            }
        }
    }
}

/// A line that the runner of GitHub Actions takes for a command.
///
/// Source: `TryParseV2` in `ActionCommand.cs` of actions/runner.
private struct WorkflowCommand {
    var name: String
    var properties: [String: String] = [:]

    init?(line: Substring) {
        let text = line.drop(while: \.isWhitespace)
        guard text.hasPrefix("::"), let end = text.dropFirst(2).firstRange(of: "::")?.lowerBound else { return nil }
        let head = text[text.index(text.startIndex, offsetBy: 2)..<end]
        name = String(head.prefix { $0 != " " })
        for property in head.dropFirst(name.count + 1).split(separator: ",") {
            let pair = property.split(separator: "=", maxSplits: 1)
            if pair.count == 2 { properties[String(pair[0])] = String(pair[1]) }
        }
    }
}
