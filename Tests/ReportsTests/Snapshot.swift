import FoundationEssentials
import Testing

/// Texts kept under `Snapshots/`, that reports are compared with.
enum Snapshot {
    /// Compares a text with the file of a name; with `HOOK_RECORD=1` writes the file, and fails, so that no recording passes for a test.
    static func expect(_ text: String, named name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Snapshots").appending(path: name)
        if ProcessInfo.processInfo.environment["HOOK_RECORD"] == "1" {
            try Data(text.utf8).write(to: file)
            Issue.record("recorded \(name)", sourceLocation: sourceLocation)
            return
        }
        let expected = try String(decoding: Data(contentsOf: file), as: UTF8.self)
        #expect(text == expected, sourceLocation: sourceLocation)
    }
}
