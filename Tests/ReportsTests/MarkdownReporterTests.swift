import HookKit
import HookTesting
import Runner
import Testing

@testable import Reports

@Suite struct MarkdownReporterTests {
    static func document(_ result: RunResult) -> String {
        var reporter = MarkdownReporter()
        return String(decoding: SampleRuns.events(result).flatMap { reporter.receive($0) }, as: UTF8.self)
    }

    @Test func documentShowsWhatFailedAndCountsTheRest() throws {
        try Snapshot.expect(Self.document(SampleRuns.hygiene), named: "run.md")
        try Snapshot.expect(Self.document(SampleRuns.endings), named: "run-endings.md")
        try Snapshot.expect(Self.document(SampleRuns.plan), named: "run-plan.md")
    }

    @Test func storageIsSaidAsItIsAndAsItWouldBe() throws {
        let real = Self.document(SampleRuns.registry).split(separator: "### ")
        #expect(
            real.first { $0.hasPrefix("Registry storage") } == """
                Registry storage

                - `/srv/registry`: 6.103GB of blobs now, 1.2GB of them used by several repositories, 3MB named by nothing, 2.3GB given back by this run

                | repository | used by it alone |
                |---|---:|
                | `shop/api` | 3.1GB |
                | `shop/<worker>` | 1.3GB |

                | tag | all that it reaches |
                |---|---:|
                | `shop/api:v2` | 2.1GB |
                | `shop/<worker>:latest` | 1.9GB |


                """
        )
        let plan = Self.document(SampleRuns.registryPlan).split(separator: "### ")
        #expect(
            plan.first { $0.hasPrefix("Registry storage") } == """
                Registry storage

                - `/srv/registry`: 6.103GB of blobs would stay, 1.2GB of them used by several repositories, 3MB named by nothing that would stay, \
                2.3GB would be given back

                | repository | used by it alone, and would stay | would be given back |
                |---|---:|---:|
                | `shop/api` | 3.1GB | 700MB |
                | `shop/<worker>` | 1.3GB | 100MB |

                | tag | all that it reaches |
                |---|---:|
                | `shop/api:v2` | 2.1GB |


                """
        )
    }

    @Test func whatWouldLieInTheTrashFirstIsNotSaidToBeGivenBack() {
        let plan = Self.document(SampleRuns.registryPlan(goesToTrash: true))
        #expect(!plan.contains("given back"), "\(plan)")
        #expect(
            plan.split(separator: "### ").first { $0.hasPrefix("Registry storage") } == """
                Registry storage

                - `/srv/registry`: 6.103GB of blobs would stay, 1.2GB of them used by several repositories, 3MB named by nothing that would stay, \
                2.3GB would be moved to the trash

                | repository | used by it alone, and would stay | would be moved to the trash |
                |---|---:|---:|
                | `shop/api` | 3.1GB | 700MB |
                | `shop/<worker>` | 1.3GB | 100MB |

                | tag | all that it reaches |
                |---|---:|
                | `shop/api:v2` | 2.1GB |


                """
        )
    }

    @Test func onlyReportsThatShowEvidenceAskForIt() {
        let reporters: [any Reporter] = [HTMLReporter(), JSONReporter(), MarkdownReporter(), MetricsReporter(), JUnitReporter()]
        #expect(reporters.map(\.showsEvidence) == [true, true, true, true, false])
        #expect(!TextReporter(options: TextOptions()).showsEvidence)
    }

    @Test(arguments: [
        ("a|b", #"a\|b"#), ("`x` *y* _z_", #"\`x\` \*y\* \_z\_"#), ("<b>&amp;", "&lt;b&gt;&amp;&#8203;amp;"), ("a\nb", "a␊b"),
        ("[x](http://e.vil)", #"\[x\](http\://e.vil)"#), ("@ann #12 !7", "@&#8203;ann #&#8203;12 !&#8203;7"), ("中文", "中文"),
        ("- x", #"\- x"#), (" # x - y", ##" \# x - y"##), ("12. x 1.5", #"12\. x 1.5"#), ("v1.2-rc3 (x)", "v1.2-rc3 (x)"),
        ("\u{202E}x", #"\\u{202e}x"#),
    ])
    func proseDoesNothing(_ text: String, _ expected: String) { #expect(MarkdownText.prose(text) == expected) }

    @Test(arguments: [
        ("a:v1", "`a:v1`", "`a:v1`"), ("a`b", "``a`b``", "``a`b``"), ("`", "`` ` ``", "`` ` ``"), ("a|b", "`a|b`", #"`a\|b`"#),
        ("", "", ""),
        ("a|\u{301}b`\u{301}", "``a|\u{301}b`\u{301}``", "``a\\|\u{301}b`\u{301}``"), (#"a\|b"#, #"`a\|b`"#, #"a\\\|b"#),
        (" x ", "`  x  `", "`  x  `"),
    ])
    func codeIsClosedByItsOwnFenceOnly(_ text: String, _ expected: String, _ inCell: String) {
        #expect(MarkdownText.code(text) == expected)
        #expect(MarkdownText.code(text, isCell: true) == inCell)
    }

    @Test func aBlockOfCodeHoldsWhateverFenceIsInIt() {
        #expect(MarkdownText.block("a\n```\n/close", indent: "  ") == ["  ````sh", "  a", "  ```", "  /close", "  ````"])
    }

    @Test func everyRunIsBoundedAndNothingInItIsMarkup() throws {
        let first = TestSeed.first
        print("seeds from \(first)")
        for seed in first..<(first + 150) {
            let document = Self.document(GeneratedRuns.run(seed: seed))
            #expect(document.utf8.count <= MarkdownReporter.limit, "seed \(seed)")
            var fence: String?
            for line in document.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map({ String(decoding: $0, as: UTF8.self) })
            {
                #expect(line.unicodeScalars.allSatisfy { !VisibleText.isHidden($0) }, "seed \(seed): \(line)")
                let text = line.drop { $0 == " " }
                if let open = fence {
                    if text == open { fence = nil }
                    continue
                }
                if text.hasPrefix("```") { fence = String(text.prefix { $0 == "`" }) }
                let starts = ["", "#", "|", "-", "`", "…", "D"] + (0...9).map(String.init)
                #expect(starts.contains(line.drop { $0 == " " }.first.map(String.init) ?? ""), "seed \(seed): \(line)")
                if line.hasPrefix("| ") {
                    #expect([4, 6].contains(Self.cells(line)), "seed \(seed): \(line)")
                }
                #expect(!Self.outsideOfCode(line).contains("<"), "seed \(seed): \(line)")
            }
            #expect(fence == nil, "seed \(seed)")
        }
    }

    @Test func tenThousandFailuresAreBoundedAndTheRestIsSaid() {
        let findings = (0..<10_000).map {
            Finding.failed(subject: "shop/api:v\($0)", type: "overwritten", message: "gone", details: ["a", "b"], remedy: "docker tag")
        }
        let document = Self.document(SampleRuns.run([SampleRuns.stage(1, "detect-overwritten", findings: findings)]))
        #expect(document.utf8.count <= MarkdownReporter.limit)
        #expect(document.utf8.count > MarkdownReporter.limit / 2)
        let shown = document.split(separator: "\n").count { $0.hasPrefix("- ✗") }
        #expect(document.contains("\n… \(10_000 - shown) more are in the other reports; this one is kept short.\n"))
    }

    /// How many cells a row has: its pipes without a backslash before them, less one.
    private static func cells(_ row: String) -> Int {
        var count = -1
        var isEscaped = false
        for scalar in row.unicodeScalars {
            if scalar == "|", !isEscaped { count += 1 }
            isEscaped = scalar == "\\" && !isEscaped
        }
        return count
    }

    /// The line without its spans of code.
    private static func outsideOfCode(_ line: String) -> String {
        var out = ""
        var rest = Array(line.unicodeScalars)[...]
        while let scalar = rest.first {
            if scalar == "\\" {
                rest = rest.dropFirst(2)
            } else if scalar == "`" {
                let run = rest.prefix { $0 == "`" }.count
                rest = rest.dropFirst(run)
                while !rest.isEmpty {
                    let other = rest.prefix { $0 == "`" }.count
                    rest = rest.dropFirst(max(1, other))
                    if other == run { break }
                }
            } else {
                out.unicodeScalars.append(scalar)
                rest = rest.dropFirst()
            }
        }
        return out
    }
}
