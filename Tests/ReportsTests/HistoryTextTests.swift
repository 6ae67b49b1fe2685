import History
import HookKit
import OCI
import Testing

@testable import Reports

/// A history as a table and a graph, on terminals of several widths.
@Suite struct HistoryTextTests {
    private func report() throws -> HistoryReport {
        func at(_ hour: Int64) -> Timestamp { Timestamp(seconds: 1_760_000_000 + hour * 3600) }
        let reference = try #require(ImageReference("shop/api:v1"))
        let images = try ["a", "b", "c"].map { try #require(Digest(algorithm: .sha256, hex: String(repeating: $0, count: 64))) }
        let generations = images.enumerated().map { index, image in
            let build = BuildRecord(run: "r", pipeline: "p", branch: ["主分支", "main", "fix\u{1B}[31m"][index], system: "gitlab", user: "李雷")
            let time = at(Int64(index) * 30)
            return TagGeneration(
                reference: reference,
                image: image,
                firstSeen: time,
                firstBuild: build,
                lastSeen: time,
                lastBuild: build,
                sightings: 1
            )
        }
        let engine = EngineIdentity(
            identifier: "e",
            name: "host",
            product: "Docker 27.0",
            apiVersion: "1.46",
            imageStore: .classic,
            endpoint: "unix:///d.sock"
        )
        let known = LedgerEngine(identifier: "e", name: "host", product: "Docker 27.0", imageStore: "classic", endpoint: "unix:///d.sock")
        let record = TagRecord(reference: reference, engine: known, generations: generations, generationCount: 2000)
        let view = EngineView(
            identity: engine,
            images: [
                EngineImage(id: images[1], created: at(0), size: "1MB"),
                EngineImage(id: images[2], references: [reference], created: at(0), size: "1MB"),
            ],
            containers: [],
            events: []
        )
        return HistoryReport(
            ledger: "l",
            version: "1",
            now: at(61),
            subject: .tag("shop/api:v1", [TagHistory(record, .answered(view))]),
            answer: .answered(view)
        )
    }

    private func text(_ layout: HistoryText.Layout, width: Int?) throws -> String {
        String(decoding: HistoryText(layout: layout, options: TextOptions(width: width)).bytes(try report()), as: UTF8.self)
    }

    @Test func tableAlignsWhereItFits() throws {
        #expect(
            try text(.table, width: 200) == """
                shop/api:v1, 2000 generations, Docker 27.0 on host (unix:///d.sock)
                  IMAGE         FIRST SEEN            LIVED      BECAME                      BUILD
                  cccccccccccc  2025-10-11T20:53:20Z  1h so far  named so now                gitlab build on fix␛[31m by 李雷
                  bbbbbbbbbbbb  2025-10-10T14:53:20Z  1d 6h      <none>                      gitlab build on main by 李雷
                  aaaaaaaaaaaa  2025-10-09T08:53:20Z  1d 6h      gone, not known since when  gitlab build on 主分支 by 李雷
                  … 1997 earlier generations; --limit N shows more, --limit 0 all

                """
        )
    }

    @Test func columnsThatDoNotFitStandBeneath() throws {
        #expect(
            try text(.table, width: 60) == """
                shop/api:v1, 2000 generations, Docker 27.0 on host (unix:///d.sock)
                  IMAGE         FIRST SEEN            LIVED
                  cccccccccccc  2025-10-11T20:53:20Z  1h so far
                    became: named so now
                    build: gitlab build on fix␛[31m by 李雷
                  bbbbbbbbbbbb  2025-10-10T14:53:20Z  1d 6h
                    became: <none>
                    build: gitlab build on main by 李雷
                  aaaaaaaaaaaa  2025-10-09T08:53:20Z  1d 6h
                    became: gone, not known since when
                    build: gitlab build on 主分支 by 李雷
                  … 1997 earlier generations; --limit N shows more, --limit 0 all

                """
        )
    }

    @Test func graphHasALinePerGeneration() throws {
        #expect(
            try text(.graph, width: nil) == """
                shop/api:v1, 2000 generations, Docker 27.0 on host (unix:///d.sock)
                * cccccccccccc 2025-10-11T20:53:20Z gitlab build on fix␛[31m by 李雷 (named so now)
                o bbbbbbbbbbbb 2025-10-10T14:53:20Z gitlab build on main by 李雷 (<none>)
                x aaaaaaaaaaaa 2025-10-09T08:53:20Z gitlab build on 主分支 by 李雷 (gone, not known since when)
                  … 1997 earlier generations; --limit N shows more, --limit 0 all

                """
        )
        let narrow = try text(.graph, width: 60).split(separator: "\n").dropFirst().prefix(3)
        #expect(narrow.allSatisfy { ColumnWidth.of(String($0)) <= 60 })
    }
}
