import Foundation
import HookKit
import OCI
import Testing

@testable import TagLedger

/// Several processes and several tasks on one file.
@Suite struct ConcurrencyTests {
    @Test func twoHundredProcessesLoseNoObservation() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path(".hook/ledger.sqlite")
        // All make the file, no two see the same tag, and all see one tag together.
        let processes = try (0..<200).map { number in
            let tag = number < 100 ? "shop/api:v\(number)" : "shop/api:shared"
            return try ChildProcess(
                [ChildProcess.ledgerWriter, path, tag, "\(try digest(number < 100 ? number : 1000))", "run-\(number)"],
                in: folder
            )
        }
        var said: [String: Int] = [:]
        for process in processes {
            let ending = try await process.ending()
            said["\(ending.code) \(ending.output)", default: 0] += 1
        }
        #expect(said == ["0 new\n": 101, "0 unchanged\n": 99])
        #expect(try folder.contents().keys.sorted() == [".hook/.gitignore", ".hook/ledger.sqlite"])
        let ledger = try await SQLiteLedger.open(path: path, access: .readOnly)
        let latest = try await ledger.latestGenerations(on: engine)
        #expect(latest.count == 101)
        #expect(latest.reduce(0) { $0 + $1.sightings } == 200)
        #expect(Set(latest.map(\.reference)).count == 101)
    }

    @Test func tasksShareOneLedger() async throws {
        let folder = try TemporaryFolder()
        let ledger = try await writable(folder.path("ledger.sqlite"))
        try await withThrowingTaskGroup { group in
            for number in 0..<40 {
                group.addTask {
                    _ = try await ledger.record([observation("shop/api:v1", 1)], on: engine, by: build(number), at: moment(Int64(number)))
                    _ = try await ledger.latestGenerations(on: engine)
                }
            }
            try await group.waitForAll()
        }
        let latest = try await ledger.latestGenerations(on: engine)
        #expect(latest.map(\.sightings) == [40])
        #expect(latest.map(\.lastSeen) == [moment(39)])
        #expect(latest.map(\.lastBuild) == [build(39)])
    }
}
