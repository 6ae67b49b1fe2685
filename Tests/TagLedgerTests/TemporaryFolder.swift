import Foundation
import Testing

/// A directory of its own for one test, removed with everything in it when the test lets go of it.
final class TemporaryFolder: Sendable {
    /// The directory's path.
    let path: String

    /// Makes a directory that nobody else uses.
    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("TagLedgerTests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
        path = url.path
    }

    deinit {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            Issue.record("the directory of a test could not be removed: \(error)")
        }
    }

    /// The path of a file in the directory.
    func path(_ name: String) -> String { "\(path)/\(name)" }

    /// The content of every file in the directory, by path.
    func contents() throws -> [String: Data] {
        var contents: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: self.path(name), isDirectory: &isDirectory), !isDirectory.boolValue else {
                continue
            }
            contents[name] = try Data(contentsOf: URL(fileURLWithPath: self.path(name)))
        }
        return contents
    }
}
