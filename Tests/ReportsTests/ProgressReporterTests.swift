import HookKit
import Runner
import Testing

@testable import Reports

@Suite struct ProgressReporterTests {
    private static let stage = SampleRuns.hygiene.stages[2].stage
    private static let erased = "\r\u{1B}[K"

    /// A reporter in which the third stage of three runs since now.
    private static func running(width: Int, clock: ManualClock, usesColour: Bool = false) -> ProgressReporter {
        var reporter = ProgressReporter(width: { width }, usesColour: usesColour, clock: { clock.now })
        #expect(reporter.receive(.runStarted(SampleRuns.hygiene.run)) == [])
        #expect(
            String(decoding: reporter.receive(.stageStarted(stage)), as: UTF8.self) == erased
                + (usesColour ? "\u{1B}[1m3/3 prune\u{1B}[0m" : "3/3 prune")
        )
        return reporter
    }

    private static func progress(_ reporter: inout ProgressReporter, _ completed: Int, _ total: Int?) -> String {
        String(decoding: reporter.receive(.progress(completed: completed, total: total, stage: stage)), as: UTF8.self)
    }

    @Test func lineShowsHowFarHowFastAndHowLong() {
        let clock = ManualClock()
        var reporter = Self.running(width: 80, clock: clock)
        clock.advance(.milliseconds(200))
        #expect(Self.progress(&reporter, 0, 1000) == Self.erased + "3/3 prune  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░  0/1000")
        clock.advance(.seconds(10))
        #expect(Self.progress(&reporter, 412, 1000) == Self.erased + "3/3 prune  ████████████░░░░░░░░░░░░░░░░░░  412/1000  41/s  14s left")
        clock.advance(.seconds(500))
        #expect(
            Self.progress(&reporter, 500, 1000) == Self.erased + "3/3 prune  ███████████████░░░░░░░░░░░░░░░  500/1000  1.0/s  8m 30s left"
        )
        clock.advance(.seconds(1))
        #expect(Self.progress(&reporter, 1000, 1000) == Self.erased + "3/3 prune  ██████████████████████████████  1000/1000  2.0/s  8m 31s")
    }

    @Test func workWithoutAnEndShowsHowLongItHasTaken() {
        let clock = ManualClock()
        var reporter = Self.running(width: 80, clock: clock)
        clock.advance(.milliseconds(100))
        #expect(Self.progress(&reporter, 10, nil) == Self.erased + "3/3 prune  10")
        clock.advance(.seconds(4))
        #expect(Self.progress(&reporter, 20, nil) == Self.erased + "3/3 prune  20  2.5/s  4s")
    }

    @Test func lineIsDrawnAtMostTenTimesASecondAndAtTheEnd() {
        let clock = ManualClock()
        var reporter = Self.running(width: 80, clock: clock)
        var drawings = 0
        for completed in 1...999 {
            clock.advance(.milliseconds(1))
            if !Self.progress(&reporter, completed, 1000).isEmpty { drawings += 1 }
        }
        #expect(drawings == 9)
        clock.advance(.milliseconds(20))
        #expect(Self.progress(&reporter, 1000, 1000) == Self.erased + "3/3 prune  ██████████████████████████████  1000/1000  981/s  1s")
    }

    @Test func timesGoOnWhileNothingIsHeardOfTheStage() {
        let clock = ManualClock()
        var reporter = ProgressReporter(width: { 80 }, usesColour: false, clock: { clock.now })
        #expect(reporter.refresh() == [])
        reporter = Self.running(width: 80, clock: clock)
        clock.advance(.seconds(1))
        #expect(String(decoding: reporter.refresh(), as: UTF8.self) == Self.erased + "3/3 prune  1s")
        #expect(Self.progress(&reporter, 1, 2) == "")
        clock.advance(.seconds(2))
        #expect(String(decoding: reporter.refresh(), as: UTF8.self) == Self.erased + "3/3 prune  ███████████████░░░░░░░░░░░░░░░  1/2  3s")
        #expect(String(decoding: reporter.erase(), as: UTF8.self) == Self.erased)
        clock.advance(.seconds(1))
        #expect(String(decoding: reporter.refresh(), as: UTF8.self) == Self.erased + "3/3 prune  ███████████████░░░░░░░░░░░░░░░  1/2  4s")
        #expect(String(decoding: reporter.receive(.stageFinished(SampleRuns.hygiene.stages[2])), as: UTF8.self) == Self.erased)
        #expect(reporter.refresh() == [])
    }

    @Test func lineIsErasedOnceWhenTheStageEndsOrALineOfTheLogComes() {
        let clock = ManualClock()
        var reporter = Self.running(width: 80, clock: clock)
        #expect(String(decoding: reporter.receive(.log(.info, "slow", stage: Self.stage)), as: UTF8.self) == Self.erased)
        #expect(reporter.receive(.log(.info, "slow", stage: Self.stage)) == [])
        // What was erased is drawn again by the next progress, however soon it comes.
        #expect(Self.progress(&reporter, 1, nil) == Self.erased + "3/3 prune  1")
        #expect(String(decoding: reporter.receive(.stageFinished(SampleRuns.hygiene.stages[2])), as: UTF8.self) == Self.erased)
        #expect(reporter.receive(.runFinished(SampleRuns.hygiene)) == [])
        // Progress that comes late, of a stage that has ended, draws nothing.
        #expect(Self.progress(&reporter, 2, nil) == "")
    }

    @Test func coloursAreThoseOfTheBar() {
        let clock = ManualClock()
        var reporter = Self.running(width: 40, clock: clock, usesColour: true)
        clock.advance(.milliseconds(100))
        let bar = "\u{1B}[32m███████████\u{1B}[0m\u{1B}[2m░░░░░░░░░░░░\u{1B}[0m"
        #expect(Self.progress(&reporter, 1, 2) == Self.erased + "\u{1B}[1m3/3 prune\u{1B}[0m  " + bar + "  1/2")
    }

    @Test func lineNeverReachesTheLastColumn() {
        let names = ["prune", "清理所有没有人使用的镜像和容器", "\u{1B}[2J👩‍👩‍👧‍👦 a very long name of a stage that goes on and on and on"]
        // What a plugin says may be anything.
        let steps: [(first: Int, completed: Int, total: Int?)] = [
            (0, 0, nil), (0, 7, nil), (0, 123_456, 1_234_567), (0, 5, 3), (0, -4, -2), (0, 0, 0), (0, .max, .max), (.min, .max, .max),
            (.min, -1, .max), (0, .max, nil), (.max, .min, .min),
        ]
        for width in 0...100 {
            for name in names {
                for step in steps {
                    let clock = ManualClock()
                    var reporter = ProgressReporter(width: { width }, usesColour: false, clock: { clock.now })
                    let stage = StageDescription(number: 12, name: name, rule: "prune", isDryRun: false)
                    var out = reporter.receive(.stageStarted(stage))
                    clock.advance(.seconds(1))
                    out += reporter.receive(.progress(completed: step.first, total: step.total, stage: stage))
                    clock.advance(.seconds(90))
                    out += reporter.receive(.progress(completed: step.completed, total: step.total, stage: stage))
                    let lines = String(decoding: out, as: UTF8.self).split(separator: Self.erased)
                    let isWithin = lines.allSatisfy { line in
                        ColumnWidth.of(String(line)) <= max(1, width - 1) && !line.unicodeScalars.contains { $0.value < 0x20 }
                    }
                    #expect(isWithin, "\(width): \(lines)")
                }
            }
        }
    }
}
