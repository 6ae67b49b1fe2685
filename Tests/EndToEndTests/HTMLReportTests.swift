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
            // A fraction of a second on a machine that does nothing else; work of the square of their number would take minutes.
            #expect(try #require(browser.number(1)) < 5000, "milliseconds until the page had loaded")
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

    @Test func aPageOfACollectionShowsWhoUsesTheStorage() async throws {
        try await TestRegistry.withOne { registry in
            let shared = TestRegistry.layer("shared")
            registry.layout.image("first", layers: [shared, TestRegistry.layer("first")])
            registry.layout.image("second", layers: [shared, TestRegistry.layer("second")])
            registry.layout.image("web", layers: [shared, TestRegistry.layer("web")])
            try await registry.push("first", to: "shop/api:v1")
            try await registry.push("second", to: "shop/api:v1")
            try await registry.push("web", to: "shop/web:v1")
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
            ])
            #expect(browser.errors == [])
            // What the disk says, counted by another: `du` over the blobs.
            let blobs = try await runProcess(["find", "\(registry.root)/docker/registry/v2/blobs", "-name", "data", "-printf", "%s\\n"])
            let bytes = blobs.standardOutput.split(separator: "\n").compactMap { Int($0) }.reduce(0, +)
            let metrics = try registry.directory.text(of: "hook.prom").split(separator: "\n").filter {
                $0.hasPrefix("hook_registry_stored")
            }
            #expect(metrics.compactMap { Int($0.split(separator: " ").last ?? "") }.reduce(0, +) == bytes, "\(metrics)")
            let tiles = try #require(browser.text(2))
            for name in ["shop/api: ", "shop/web: ", "shared by several: ", "given back: "] { #expect(tiles.contains(name), "\(tiles)") }
            #expect(!tiles.contains("named by nothing"), "\(tiles)")
            #expect(browser.text(3)?.hasSuffix(" given back by this run") == true, "\(browser.text(3) ?? "")")
        }
    }
}
