import HookKit
import HookTesting
import Runner
import Testing

@testable import Reports

@Suite struct TextReporterTests {
    static func text(_ result: RunResult, _ options: TextOptions = TextOptions()) -> String {
        var reporter = TextReporter(options: options)
        return String(decoding: SampleRuns.events(result).flatMap { reporter.receive($0) }, as: UTF8.self)
    }

    @Test(arguments: [60, 80, 120, 200])
    func runFitsTheTerminal(width: Int) throws {
        let options = TextOptions(width: width, fullReport: "build/hook.json")
        let runs = [SampleRuns.hygiene, SampleRuns.plan, SampleRuns.endings, Self.wide]
        try Snapshot.expect(runs.map { Self.text($0, options) }.joined(separator: "\n"), named: "text-\(width).txt")
    }

    @Test func coloursAreOnlyThereWhereTheyAreAskedFor() throws {
        let options = TextOptions(width: 100, usesColour: true)
        let text = Self.text(SampleRuns.hygiene, options) + "\n" + Self.text(SampleRuns.endings, options)
        try Snapshot.expect(text, named: "text-colour.txt")
    }

    @Test func findingIsOneLineWhereThereIsNoTerminal() throws {
        try Snapshot.expect(Self.text(SampleRuns.hygiene) + "\n" + Self.text(SampleRuns.endings), named: "text-no-terminal.txt")
    }

    @Test func longListsAreCountedAndWhatFailedIsShown() {
        let findings =
            (1...1000).map { Finding.passed(subject: "shop/s\($0):v1", type: "unchanged", message: "as before") }
            + (1...4).map { Finding.failed(subject: "shop/f\($0):v1", type: "overwritten", message: "lost") }
            + (1...6).map { Finding.skipped(subject: "shop/k\($0):v1", type: "kept", message: "in use") }
            + [.error(subject: "shop/e:v1", type: "not-removed", message: "the engine refused")]
        let result = SampleRuns.run([SampleRuns.stage(1, "prune", findings: findings)])
        #expect(
            Self.text(result, TextOptions(width: 80, loudRows: 2)) == """
                image-hygiene · pipeline.yml · 1 stage

                ! 1 prune · 1 error, 4 failed, 1000 passed, 6 skipped · 0.3s
                  ! not-removed  shop/e:v1   the engine refused
                  ✗ overwritten  shop/f1:v1  lost
                  ✗ overwritten  shop/f2:v1  lost
                    … 2 more failed; --json FILE keeps them all
                  ✓ unchanged    shop/s1:v1  as before
                  ✓ unchanged    shop/s2:v1  as before
                  ✓ unchanged    shop/s3:v1  as before
                  ✓ unchanged    shop/s4:v1  as before
                  ✓ unchanged    shop/s5:v1  as before
                    … 995 more unchanged; --json FILE keeps them all
                  - kept         shop/k1:v1  in use
                  - kept         shop/k2:v1  in use
                  - kept         shop/k3:v1  in use
                  - kept         shop/k4:v1  in use
                  - kept         shop/k5:v1  in use
                  - kept         shop/k6:v1  in use

                engine: Docker 20.10.24, API 1.41, classic store, unix:///var/run/docker.sock
                1 stage: 1 with errors
                  1011 findings: 1 error, 4 failed, 1000 passed, 6 skipped · 0.3s
                ! not everything could be carried out (exit code 69): ! says what could not be
                  done, and why

                """
        )
    }

    @Test func theCommandThatUndoesAStageIsShownWithItsSumAndNoOtherOfWhatPassed() {
        let undo = "hook registry restore --root /srv/registry --run 1000-3600-1"
        let findings: [Finding] = [
            .passed(subject: "shop/api:latest", type: "overwritten", message: "lost", remedy: "docker tag a shop/api:latest"),
            .passed(subject: "/srv/registry", type: "deleted", message: "3 links in the trash", remedy: undo),
        ]
        let lines = Self.text(SampleRuns.run([SampleRuns.stage(1, "registry-delete", findings: findings)]), TextOptions(width: 60))
            .split(separator: "\n").map(String.init)
        #expect(lines.filter { $0.contains("→") } == ["      → \(undo)"])
    }

    @Test func planIsShownToAHundred() {
        let findings = (1...150).map { Finding.passed(subject: "i\($0)", type: "would-remove", message: "dangling", bytes: 1000) }
        let result = SampleRuns.run([SampleRuns.stage(1, "prune", isDryRun: true, findings: findings)], isDryRun: true)
        let lines = Self.text(result, TextOptions(fullReport: "hook.json")).split(separator: "\n")
        #expect(lines.count { $0.contains("would-remove  i") } == 100)
        #expect(lines.contains("    … 50 more would-remove, all in hook.json"))
        #expect(lines.contains("✓ 1 prune · dry run · 150 passed · about 150kB would be reclaimed · 0.3s"))
    }

    /// Without `--dry-run` such a stage changes nothing either.
    @Test(
        arguments: [
            (["prune"], false, "the stage 'prune' changes nothing before its 'dry-run: true' is taken out of pipeline.yml"),
            (
                ["prune"], true,
                "run without --dry-run to carry the other stages out; the stage 'prune' changes nothing before its 'dry-run: true' is taken out of "
                    + "pipeline.yml"
            ),
            (
                ["track-tags", "prune"], true,
                "the stages 'track-tags' and 'prune' change nothing before their 'dry-run: true' is taken out of pipeline.yml"
            ),
            ([], true, "run without --dry-run to carry it out"), ([], false, nil),
        ] as [([String], Bool, String?)]
    )
    func aDryRunThatTheFileAsksForIsNotPromisedToEndWithTheOption(byFile: [String], isDryRun: Bool, next: String?) {
        let planned = Finding.passed(subject: "a", type: "would-remove", message: "dangling", bytes: 1000)
        let recorded = Finding.passed(subject: "shop/api:v1", type: "new", message: "names a")
        let stages = [(1, "track-tags", recorded), (2, "prune", planned)].map { number, name, finding in
            SampleRuns.stage(number, name, isDryRun: isDryRun, isDryRunByFile: byFile.contains(name), findings: [finding])
        }
        let text = Self.text(SampleRuns.run(stages, isDryRun: isDryRun))
        #expect(text.hasSuffix("✓ nothing failed (exit code 0)\(next.map { ": " + $0 } ?? "")\n"), "\(text)")
    }

    @Test func aDryRunThatTheFileAsksForIsNamedWhereFindingsFailedAndNotWhereItWasSkipped() {
        let failed = Finding.failed(subject: "shop/api:v1", type: "overwritten", message: "lost", remedy: "docker tag a shop/api:v1")
        let planned = Finding.passed(subject: "a", type: "would-remove", message: "dangling", bytes: 1000)
        let verdict = "✗ findings failed (exit code 1): ✗ says what is wrong, → what to type"
        let detection = SampleRuns.stage(1, "detect-overwritten", findings: [failed])
        let looked = SampleRuns.run([detection, SampleRuns.stage(2, "prune", isDryRunByFile: true, findings: [planned])])
        #expect(
            Self.text(looked).hasSuffix(
                "\(verdict); the stage 'prune' changes nothing before its 'dry-run: true' is taken out of pipeline.yml\n"
            )
        )
        let skipped = SampleRuns.stage(2, "prune", isDryRunByFile: true, ending: .skipped(reason: "an earlier stage failed"))
        #expect(Self.text(SampleRuns.run([detection, skipped])).hasSuffix("\(verdict)\n"))
    }

    @Test func onlyFailuresAndTheVerdictAreShownWhereNoMoreIsWanted() {
        let passed = SampleRuns.stage(1, "track-tags", findings: [.passed(subject: "shop/api:v1", type: "unchanged", message: "as before")])
        let failed = SampleRuns.stage(
            2,
            "detect-overwritten",
            findings: [
                .passed(subject: "shop/web:v1", type: "intermediate", message: "harmless"),
                .failed(subject: "shop/api:v1", type: "overwritten", message: "rebuilt"),
            ]
        )
        let unreachable = SampleRuns.stage(
            3,
            "prune",
            ending: .failed(type: "engine-unreachable", message: "nobody listens", exitCode: .stageFailed)
        )
        let skipped = SampleRuns.stage(4, "exec", ending: .skipped(reason: "an earlier stage failed"))
        #expect(
            Self.text(SampleRuns.run([passed]), TextOptions(extent: .failures)) == """
                engine: Docker 20.10.24, API 1.41, classic store, unix:///var/run/docker.sock
                1 stage: 1 passed · 1 finding: 1 passed · 0.3s
                ✓ nothing failed (exit code 0)

                """
        )
        #expect(
            Self.text(SampleRuns.run([passed, failed, unreachable, skipped]), TextOptions(extent: .failures)) == """
                ✗ 2 detect-overwritten · 1 failed, 1 passed · 0.3s
                  ✗ overwritten  shop/api:v1  rebuilt

                ! 3 prune · could not be carried out · 0.3s
                  ! engine-unreachable
                      nobody listens

                engine: Docker 20.10.24, API 1.41, classic store, unix:///var/run/docker.sock
                4 stages: 1 with errors, 1 failed, 1 passed, 1 skipped · 3 findings: 1 failed, 2 passed · 1.0s
                ! not everything could be carried out (exit code 69): ! says what could not be done, and why

                """
        )
    }

    @Test func everyFindingAndItsDetailsAreShownWhereAllIsWanted() {
        let findings = (1...300).map { number in
            Finding.skipped(subject: "shop/s\(number):v1", type: "kept", message: "in use", details: (1...20).map { "by container \($0)" })
        }
        let lines = Self.text(
            SampleRuns.run([SampleRuns.stage(1, "prune", findings: findings)]),
            TextOptions(width: 80, extent: .everything)
        )
        .split(separator: "\n")
        #expect(lines.count { $0.hasPrefix("  - kept") } == 300)
        #expect(lines.count { $0.hasPrefix("      · by container") } == 6000)
        #expect(!lines.contains { $0.contains("…") })
    }

    @Test(arguments: [nil, 40, 60, 80, 133])
    func nothingFromOutsideSteersTheTerminalOrBreaksTheFrame(width: Int?) throws {
        let first = TestSeed.first
        print("seeds from \(first)")
        for seed in first..<(first + 60) {
            let result = GeneratedRuns.run(seed: seed)
            let text = Self.text(result, TextOptions(width: width))
            let isHarmless = text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) }
            #expect(isHarmless, "seed \(seed)")
            guard let width else { continue }
            // A subject, a type, a title and a remedy are never broken, because they are there to be copied.
            let findings = result.stages.flatMap(\.findings)
            var unbroken = findings.flatMap { [$0.subject, $0.type].map { VisibleText.line($0) } + VisibleText.lines($0.remedy ?? "") }
            unbroken += (result.stages.flatMap { [$0.stage.name, $0.stage.rule] } + [result.run.pipeline]).map { VisibleText.line($0) }
            // Spaces at the end of a line are left out.
            let long = unbroken.map { $0.replacing(/\x20+$/, with: "") }.filter { ColumnWidth.of($0) >= 8 }
            for line in text.split(separator: "\n") where ColumnWidth.of(String(line)) > width {
                #expect(long.contains { line.contains($0) } || line.contains("(no subject)"), "seed \(seed): \(line)")
            }
        }
    }

    /// Names in scripts whose letters take two columns, with marks, and with what is no letter.
    private static let wide = SampleRuns.run([
        SampleRuns.stage(
            1,
            "清理镜像",
            rule: "prune",
            findings: [
                .passed(subject: "店铺/接口:第一版", type: "removed", message: "悬空两小时，没有任何容器使用它，也没有任何标签指向它，可以安全删除", bytes: "12.35MB"),
                .passed(subject: "shop/api:v1", type: "removed", message: "dangling for 2 hours", bytes: "5MB"),
                .passed(subject: "cafe\u{301}:v1", type: "removed", message: "👩‍👩‍👧‍👦 👍🏽", bytes: "841B"),
                .failed(
                    subject: "日本語ラベル",
                    type: "overwritten",
                    message: "\u{1B}[31mred\u{1B}[0m \u{202E}txt.exe",
                    details: ["ラベル: 値\n\t続き"],
                    remedy: "docker tag 日本語"
                ),
            ]
        )
    ])
}
