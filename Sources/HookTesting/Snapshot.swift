import FoundationEssentials
package import Testing

/// Texts kept under `Snapshots/` beside a test's file, that what a program shows is compared with.
package enum Snapshot {
    /// Compares a text with the file of a name; with `HOOK_RECORD=1` writes the file, and fails, so that no recording passes for a test.
    package static func expect(
        _ text: String,
        named name: String,
        filePath: String = #filePath,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let directory = URL(filePath: filePath).deletingLastPathComponent().appending(path: "Snapshots")
        let file = directory.appending(path: name)
        if ProcessInfo.processInfo.environment["HOOK_RECORD"] == "1" {
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
            Issue.record("recorded \(name)", sourceLocation: sourceLocation)
            return
        }
        let expected = try String(decoding: Data(contentsOf: file), as: UTF8.self)
        #expect(text == expected, sourceLocation: sourceLocation)
    }
}
