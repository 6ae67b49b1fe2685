import Foundation
import Testing

/// Judges JUnit documents with `xmllint` and junit-10.xsd.
struct SchemaCheck: ~Copyable {
    private let directory: URL
    private var names: [String] = []

    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "hook-junit-\(UInt64.random(in: 0...UInt64.max))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
    }

    deinit {
        // What is left behind lies in the system's temporary directory and harms nobody.
        try? FileManager.default.removeItem(at: directory)
    }

    /// Adds a document.
    mutating func add(_ document: [UInt8], named name: String) throws {
        try Data(document).write(to: directory.appending(path: name + ".xml"))
        names.append(name + ".xml")
    }

    /// Expects that every document is valid.
    func expectValid(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let schema = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/junit-10.xsd")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.currentDirectoryURL = directory
        process.arguments = ["xmllint", "--noout", "--schema", schema.path] + names
        let output = directory.appending(path: "output")
        try Data().write(to: output)
        process.standardError = try FileHandle(forWritingTo: output)
        try process.run()
        process.waitUntilExit()
        // One line for each document, and nothing else.
        let said = try String(decoding: Data(contentsOf: output), as: UTF8.self)
        #expect(process.terminationStatus == 0, sourceLocation: sourceLocation)
        #expect(said == names.map { "\($0) validates\n" }.joined(), sourceLocation: sourceLocation)
    }
}
