import Foundation
import HookTesting
import StorageFixtures
import Testing

/// The HTML report of real runs, in a real browser.
@Suite(.serialized, .enabled(if: Repository.servicesAreAvailable && Browser.isAvailable, "there is no browser"))
struct HTMLReportTests {
    private static let rows = "document.querySelectorAll('#rows tr.row').length"
    private static let count = "document.getElementById('count').textContent"
    private static let focus = "document.activeElement.closest('tr.row') ? document.activeElement.textContent : document.activeElement.id"

    /// Writes a run of so many findings of all kinds; the page's path.
    private func page(of count: Int, in directory: TemporaryDirectory) async throws -> String {
        let plugin = "\(Repository.root)/Tests/EndToEndTests/Fixtures/many-kinds.py"
        let pipeline = """
            name: "a </title><script>alert(1)</script> {{name}}"
            plugins: [\(plugin)]
            reports: { html: report.html }
            stages:
              - { name: "look <b>at</b> many", rule: many-kinds, with: { count: \(count) }, on-failure: continue }
              - { name: two, rule: many-kinds, with: { count: 10 } }
            """
        let run = try await HookRun(pipeline, [], in: directory, environment: .inherited(changing: ["CI": nil, "GITLAB_CI": nil]))
        #expect(run.exitCode == 69, "\(run)")
        return directory["report.html"]
    }

    @Test func tenThousandFindingsOpenQuicklyAreSearchedAndFiltered() async throws {
        try await TemporaryDirectory.withOne { directory in
            let page = try await page(of: 10_000, in: directory)
            let browser = try await Browser([
                .size(1280, 900), .open(page), .evaluate(Self.rows), .evaluate(Self.count),
                .key("/"), .type("V4200 service-29"), .evaluate(Self.count), .evaluate(Self.rows),
                .key("ArrowDown"), .evaluate(Self.focus), .key("Enter"),
                .evaluate("document.querySelector('.evidence').innerText"),
                .key("Escape"), .evaluate("document.querySelectorAll('.evidence').length"),
                .key("Escape"), .evaluate(Self.count),
                .evaluate("[...document.querySelectorAll('#outcomes button')].find((b) => b.textContent.startsWith('failed')).click()"),
                .evaluate(Self.count), .evaluate("document.querySelectorAll('#rows .o-failed').length"),
                .evaluate(
                    "type.value = [...type.options].find((o) => o.text.startsWith('loaded-by-id')).value; type.dispatchEvent(new Event('change'))"
                ),
                .evaluate(Self.count),
                .evaluate("document.getElementById('clear').click(); document.getElementById('next').click()"),
                .evaluate("document.getElementById('page').textContent"),
                .evaluate(
                    "document.querySelector('[data-sort=bytes] button').click(); document.querySelector('#rows .number').textContent"
                ),
                .evaluate("document.querySelectorAll('img, iframe, [onerror]').length + document.querySelectorAll('script').length"),
                .evaluate("document.querySelector('h1').textContent + document.title"),
            ])
            #expect(browser.errors == [])
            #expect(browser.requests == [])
            #expect(browser.number(2) == 100)
            #expect(browser.text(3) == "10,010 findings")
            #expect(browser.text(6) == "1 of 10,010 findings")
            #expect(browser.number(7) == 1)
            #expect(browser.text(9) == "shop/service-29:v4200")
            let evidence = try #require(browser.text(11))
            #expect(evidence.contains("evidence 2 of <!-- x") == false)
            #expect(evidence.contains("evidence 0 of "), "\(evidence)")
            #expect(evidence.contains("docker tag sha256:"), "\(evidence)")
            #expect(browser.number(13) == 0)
            #expect(browser.text(15) == "10,010 findings")
            #expect(browser.text(17) == "201 of 10,010 findings")
            #expect(browser.number(18) == 100)
            #expect(browser.text(20) == "100 of 10,010 findings")
            #expect(browser.text(22) == "101 to 200 of 10,010")
            #expect(browser.text(23)?.hasSuffix("MB") == true)
            #expect(browser.number(24) == 2)
            let title = "a </title><script>alert(1)</script> {{name}}"
            #expect(browser.text(25) == "\(title)\(title): not everything could be carried out")
        }
    }

    @Test func whatIsDrawnAtFirstDoesNotGrowWithTheFindings() async throws {
        let elements = "document.getElementsByTagName('*').length"
        var drawn: [Int] = []
        for count in [200, 10_000] {
            try await TemporaryDirectory.withOne { directory in
                let browser = try await Browser([.open(try await page(of: count, in: directory)), .evaluate(elements)])
                drawn.append(try #require(browser.number(1)))
            }
        }
        #expect(drawn[0] == drawn[1])
    }

    /// A choice of the filters; `nil` for all.
    private struct Choice: CustomStringConvertible {
        var stage: Int?
        var rule: String?
        var outcome: String?
        var type: String?

        var description: String { "stage \(stage ?? 0), rule \(rule ?? "-"), outcome \(outcome ?? "-"), type \(type ?? "-")" }

        /// Chooses it by the page's own controls; answers the line that counts, the number of rows, and which outcomes and types they have.
        var script: String {
            var lines = ["document.getElementById('clear').click()"]
            if let stage { lines.append("document.querySelector('.stage-name[data-stage=\"\(stage)\"]').click()") }
            if let rule { lines.append("rule.value = '\(rule)'; rule.dispatchEvent(new Event('change'))") }
            if let outcome {
                let name = outcome == "error" ? "errors" : outcome
                lines.append("[...document.querySelectorAll('#outcomes button')].find((b) => b.textContent.startsWith('\(name)')).click()")
            }
            if let type {
                lines.append("type.value = [...type.options].find((o) => o.text.startsWith('\(type) (')).value")
                lines.append("type.dispatchEvent(new Event('change'))")
            }
            let rows = "document.querySelectorAll('#rows tr.row')"
            let outcomes = "[...new Set([...document.querySelectorAll('#rows .sign')].map((e) => e.title))].sort().join(' ')"
            let types = "[...new Set([...document.querySelectorAll('#rows .kind')].map((e) => e.textContent))].sort().join(' ')"
            lines.append("[\(HTMLReportTests.count), \(rows).length, \(outcomes), \(types)].join(' | ')")
            return lines.joined(separator: "; ")
        }

        /// The findings of a run that it leaves.
        func findings(_ run: HookRun, rules: [String]) -> [HookRun.Report.Found] {
            zip(rules, run.report.stages).enumerated().flatMap { number, part in
                part.1.findings.filter { finding in
                    (stage ?? number + 1) == number + 1 && (rule ?? part.0) == part.0 && (outcome ?? finding.outcome) == finding.outcome
                        && (type ?? finding.type) == finding.type
                }
            }
        }
    }

    @Test func everyFilterLeavesExactlyTheRowsThatItNames() async throws {
        try await TemporaryDirectory.withOne { directory in
            let plugin = "\(Repository.root)/Tests/EndToEndTests/Fixtures/many-kinds.py"
            let pipeline = """
                plugins: [\(plugin)]
                reports: { html: report.html }
                stages:
                  - { name: first, rule: many-kinds, with: { count: 90 }, on-failure: continue }
                  - { name: second, rule: many-kinds, with: { count: 60 }, on-failure: continue }
                  - { name: third, rule: exec, with: { run: "exit 3" }, on-failure: continue }
                """
            let run = try await HookRun(pipeline, [], in: directory, environment: .inherited(changing: ["CI": nil, "GITLAB_CI": nil]))
            let total = run.report.stages.map(\.findings.count).reduce(0, +)
            #expect(total > 150, "\(run)")
            let choices = [
                Choice(stage: 1), Choice(stage: 2), Choice(stage: 3), Choice(rule: "exec"), Choice(outcome: "failed"),
                Choice(outcome: "error"),
                Choice(outcome: "skipped"), Choice(type: "loaded-by-id"), Choice(type: "kept"), Choice(stage: 2, outcome: "failed"),
                Choice(stage: 1, rule: "many-kinds", outcome: "skipped", type: "kept"), Choice(stage: 1, type: "overwritten"),
                Choice(rule: "many-kinds", outcome: "error"), Choice(rule: "many-kinds", outcome: "failed", type: "overwritten"),
                Choice(stage: 3, rule: "many-kinds"),
            ]
            let browser = try await Browser(
                [.size(1280, 900), .open(directory["report.html"])] + choices.map { .evaluate($0.script) }
                    // The chip of a stage takes its filter away again, and nothing else.
                    + [
                        .evaluate(Choice(stage: 2, outcome: "failed").script),
                        .evaluate("document.getElementById('stage-filter').textContent"),
                        .evaluate("document.getElementById('stage-filter').click(); \(Self.count)"),
                        .evaluate("document.getElementById('clear').click(); \(Self.count)"),
                    ]
            )
            #expect(browser.errors == [])
            for (place, choice) in choices.enumerated() {
                let left = choice.findings(run, rules: ["many-kinds", "many-kinds", "exec"])
                let outcomes = Set(left.map(\.outcome)).sorted().joined(separator: " ")
                let types = Set(left.map(\.type)).sorted().joined(separator: " ")
                #expect(
                    browser.text(place + 2) == "\(left.count) of \(total) findings | \(left.count) | \(outcomes) | \(types)",
                    "\(choice)"
                )
                #expect(left.count < total && (left.isEmpty == (choice.stage == 3 && choice.rule == "many-kinds")), "\(choice)")
            }
            let last = choices.count + 2
            #expect(browser.text(last + 1) == "stage 2 ×")
            #expect(
                browser.text(last + 2) == "\(Choice(outcome: "failed").findings(run, rules: ["a", "b", "c"]).count) of \(total) findings"
            )
            #expect(browser.text(last + 3) == "\(total) findings")
        }
    }

    @Test func aPageOfARealRunShowsTagsAndSpaceInBothColourSchemes() async throws {
        try await TestEngine.withOne { engine in
            _ = try await engine.build("shop/api:v1", content: "first")
            let pipeline = """
                reports: { html: report.html }
                stages:
                  - { rule: track-tags }
                  - { rule: detect-overwritten, on-failure: continue }
                  - { rule: prune, dry-run: true, with: { older-than: 0s } }
                """
            _ = try await engine.run(pipeline)
            _ = try await engine.build("shop/api:v1", content: "second")
            let run = try await engine.run(pipeline)
            #expect(run.exitCode == 1, "\(run)")
            let background = "getComputedStyle(document.body).backgroundColor"
            let browser = try await Browser([
                .size(1280, 900), .scheme("light"), .open(engine.directory["report.html"]), .evaluate(background),
                .screenshot(engine.directory["light.png"]), .scheme("dark"), .evaluate(background),
                .screenshot(engine.directory["dark.png"]),
                .evaluate("document.getElementById('theme').click(); \(background)"),
                .evaluate("[...document.querySelectorAll('.track-name')].map((e) => e.textContent).join(' ')"),
                .evaluate("[...document.querySelectorAll('.track-row')].find((e) => e.textContent.includes('shop/api:v1')).click()"),
                .evaluate("document.querySelectorAll('.generations tbody tr').length"),
                .evaluate("document.getElementById('space').innerText"),
                .evaluate("document.querySelector('.o-failed') ? document.querySelector('#rows .kind').textContent : ''"),
                .print(engine.directory["report.pdf"]),
                .evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"),
                .size(390, 800), .evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"),
            ])
            #expect(browser.errors == [])
            #expect(browser.requests == [])
            #expect(browser.text(3) == "rgb(251, 250, 248)")
            #expect(browser.text(6) == "rgb(20, 21, 24)")
            #expect(browser.text(8) == "rgb(251, 250, 248)", "the toggle goes from what the person wishes to light")
            #expect(browser.text(9)?.split(separator: " ").contains("shop/api:v1") == true, "\(browser.text(9) ?? "")")
            #expect(browser.number(11) == 2)
            let planned = try #require(run.findings("prune", "would-remove").first?.subject)
            #expect(browser.text(12)?.contains(planned) == true || browser.text(12)?.contains("shop/api:v1") == true)
            #expect(browser.text(13) == "overwritten")
            #expect(browser.number(15) == 0, "nothing is wider than the window")
            #expect(browser.number(17) == 0, "nothing is wider than a small window")
            for picture in ["light.png", "dark.png"] {
                #expect(Array(try engine.directory.bytes(of: picture).prefix(4)) == [0x89, 0x50, 0x4E, 0x47])
            }
            #expect(Array(try engine.directory.bytes(of: "report.pdf").prefix(4)) == Array("%PDF".utf8))
        }
    }

    /// Pushes two images over each other and one of another repository, of which all share a layer.
    private func push(to registry: inout TestRegistry) async throws {
        let shared = TestRegistry.layer("shared")
        registry.layout.image("first", layers: [shared, TestRegistry.layer("first")])
        registry.layout.image("second", layers: [shared, TestRegistry.layer("second")])
        registry.layout.image("web", layers: [shared, TestRegistry.layer("web")])
        try await registry.push("first", to: "shop/api:v1")
        try await registry.push("second", to: "shop/api:v1")
        try await registry.push("web", to: "shop/web:v1")
    }

    /// What the disk says that a registry's blobs hold, counted by another program.
    private func blobBytes(of registry: TestRegistry) async throws -> Int {
        let blobs = try await runProcess(["find", "\(registry.root)/docker/registry/v2/blobs", "-name", "data", "-printf", "%s\\n"])
        return blobs.standardOutput.split(separator: "\n").compactMap { Int($0) }.reduce(0, +)
    }

    @Test func aPageOfACollectionShowsWhoUsesTheStorage() async throws {
        try await TestRegistry.withOne { registry in
            try await push(to: &registry)
            let run = try await registry.run(
                "registry-gc",
                ["delete-untagged": "true", "min-age": "0s"],
                ["--html", registry.directory["report.html"], "--metrics", registry.directory["hook.prom"]]
            )
            #expect(run.exitCode == 0, "\(run)")
            let browser = try await Browser([
                .open(registry.directory["report.html"]), .evaluate("document.querySelector('.legend').innerText"),
                .evaluate("[...document.querySelectorAll('.tile')].map((e) => e.title).sort().join('; ')"),
                .evaluate("document.querySelector('#space-body .aside').textContent"),
                .evaluate(
                    "const tags = [...document.querySelectorAll('#space-body h3')].find((e) => e.textContent.startsWith('Largest tags')); "
                        + "[...tags.parentElement.querySelectorAll('tr')].map((e) => e.children[0].textContent + ' ' "
                        + "+ e.children[2].textContent).join('; ')"
                ),
            ])
            #expect(browser.errors == [])
            let bytes = try await blobBytes(of: registry)
            let metrics = try registry.directory.text(of: "hook.prom").split(separator: "\n").filter {
                $0.hasPrefix("hook_registry_stored")
            }
            #expect(metrics.compactMap { Int($0.split(separator: " ").last ?? "") }.reduce(0, +) == bytes, "\(metrics)")
            let tiles = try #require(browser.text(2))
            for name in ["shop/api: ", "shop/web: ", "shared by several: ", "given back: "] { #expect(tiles.contains(name), "\(tiles)") }
            #expect(!tiles.contains("named by nothing"), "\(tiles)")
            #expect(
                browser.text(3)?.wholeMatch(of: /[0-9.]+[kM]?B of blobs now, [0-9.]+[kM]?B with the [0-9.]+[kM]?B given back by this run/)
                    != nil,
                "\(browser.text(3) ?? "")"
            )
            #expect(browser.text(4)?.contains(/^shop\/\w+:v1 [0-9.]+k?B; shop\/\w+:v1 [0-9.]+k?B$/) == true, "\(browser.text(4) ?? "")")
        }
    }

    /// The values of a metric, by who uses the bytes.
    private func stored(_ file: String, in directory: TemporaryDirectory) throws -> [String: Int] {
        var values: [String: Int] = [:]
        for line in try directory.text(of: file).split(separator: "\n") {
            if let match = line.firstMatch(of: /^hook_registry_stored_bytes\{.*used_by="([a-z-]+)".*\} (\d+)$/) {
                values[String(match.1)] = Int(match.2)
            }
        }
        return values
    }

    @Test func aPageOfADryRunShowsWhatWouldStayAndWhatWouldGo() async throws {
        try await TestRegistry.withOne { registry in
            try await push(to: &registry)
            try await registry.push("web", to: "shop/web:pr-7")
            let settings = ["delete-untagged": "true", "min-age": "0s"]
            let reports = ["--html", registry.directory["dry.html"], "--metrics", registry.directory["dry.prom"]]
            let bytes = try await blobBytes(of: registry)
            let dry = try await registry.run("registry-gc", settings, reports + ["--dry-run"])
            #expect(dry.exitCode == 0, "\(dry)")
            let tiles =
                "[...document.querySelectorAll('.tile')].map((e) => e.title + (e.querySelector('.part') ? ' *' : '')).sort().join('; ')"
            let browser = try await Browser([
                .size(1280, 900), .open(registry.directory["dry.html"]), .evaluate("document.querySelector('.legend').innerText"),
                .evaluate(tiles), .evaluate("document.querySelector('#space-body .aside').textContent"),
                .evaluate("document.getElementById('space').innerText"),
            ])
            #expect(browser.errors == [])
            let size = "[0-9.]+[kM]?B"
            let shown = try #require(browser.text(3))
            let expected =
                "^shared by several: \(size); shop/api: \(size), used by this repository alone, \(size) would be given back \\*; "
                + "shop/web: \(size), used by this repository alone$"
            #expect(try shown.contains(Regex(expected)), "\(shown)")
            #expect(try browser.text(4)?.wholeMatch(of: Regex("\(size) of blobs would stay, \(size) would be given back")) != nil)
            let section = try #require(browser.text(5))
            #expect(section.contains("Largest tags that would stay, by all that they reach, shared or not"), "\(section)")
            #expect(!section.contains("given back by this run") && !section.contains("of blobs now"), "\(section)")

            // What the dry run said is what the run leaves.
            let planned = try stored("dry.prom", in: registry.directory)
            #expect(planned.values.reduce(0, +) == bytes, "\(planned)")
            let real = try await registry.run("registry-gc", settings, ["--metrics", registry.directory["real.prom"]])
            #expect(real.exitCode == 0, "\(real)")
            let left = try stored("real.prom", in: registry.directory)
            #expect(left["one-repository"] == planned["one-repository"])
            #expect(left["several-repositories"] == planned["several-repositories"])
            #expect(left["nobody"] == 0 && planned["nobody"] == bytes - left.values.reduce(0, +))

            // A deletion by name is accounted for in the same way; what would be kept for a while is not given back.
            let deletion = try await registry.run(
                "registry-delete",
                ["images": "[\"shop/web\"]", "min-age": "0s", "trash": "7d"],
                reports + ["--dry-run"]
            )
            #expect(deletion.exitCode == 0, "\(deletion)")
            let second = try await Browser([
                .open(registry.directory["dry.html"]), .evaluate(tiles),
                .evaluate("document.querySelector('#space-body .aside').textContent"),
                .evaluate("document.getElementById('space').innerText"),
            ])
            #expect(
                try second.text(1)?.contains(Regex("shop/web: \(size), used by this repository alone, all would be moved to the trash \\*"))
                    == true,
                "\(second.text(1) ?? "")"
            )
            #expect(try second.text(2)?.wholeMatch(of: Regex("\(size) of blobs would stay, \(size) would be moved to the trash")) != nil)
            #expect(second.text(3)?.contains("given back") == false, "\(second.text(3) ?? "")")
        }
    }
}
