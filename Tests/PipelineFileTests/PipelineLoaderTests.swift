import FoundationEssentials
import HookKit
import PipelineFile
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite struct PipelineLoaderTests {
    /// A directory of its own, and a loader that works in it.
    private func inDirectory(_ body: (String, PipelineLoader) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("hook-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try body(directory, PipelineLoader(settings: [:], environment: [:], workingDirectory: directory))
    }

    private func message(_ loader: PipelineLoader, _ file: String) throws -> String {
        try #require(throws: InvalidPipeline.self) { _ = try loader.parse(file: file) }.description
    }

    @Test func fileIsReadFromTheWorkingDirectory() throws {
        try inDirectory { directory, loader in
            try Data("stages: [{rule: prune}]\n".utf8).write(to: URL(filePath: "\(directory)/p.yml"))
            for file in ["p.yml", "./p.yml", "\(directory)/p.yml"] {
                let draft = try loader.parse(file: file)
                #expect(draft.file == file)
                #expect(draft.name == "p")
                #expect(try draft.pipeline(with: .forTests()).stages.count == 1)
            }
        }
    }

    @Test func fileThatCannotBeReadIsOneMessage() throws {
        try inDirectory { directory, loader in
            #expect(try message(loader, "gone.yml") == "gone.yml: error: there is no such file\n")
            #expect(try message(loader, "gone/p.yml") == "gone/p.yml: error: there is no such file\n")
            #expect(try message(loader, directory) == "\(directory): error: this is a directory, not a pipeline file\n")
            try Data().write(to: URL(filePath: "\(directory)/empty.yml"))
            #expect(try message(loader, "empty.yml") == "empty.yml: error: the file is empty; a pipeline has a key 'stages'\n")
            #expect(try message(loader, "empty.yml/p.yml") == "empty.yml/p.yml: error: there is no such file\n")
            let long = String(repeating: "x", count: 300)
            #expect(try message(loader, long) == "\(long): error: the file cannot be read: File name too long\n")
        }
    }

    @Test func hugeFileIsRefusedWithoutReadingIt() throws {
        try inDirectory { directory, loader in
            let path = "\(directory)/huge.yml"
            try Data().write(to: URL(filePath: path))
            // A terabyte that takes no space: reading it to the end would never end.
            try #require(truncate(path, 1 << 40) == 0)
            for file in ["huge.yml", "/dev/zero"] {
                let message = try self.message(loader, file)
                #expect(message == "\(file): error: the file is larger than 4096 KiB, the most that is read\n")
            }
        }
    }

    @Test(arguments: [
        ("# nothing\n", "p.yml: error: the file is empty; a pipeline has a key 'stages'\n"),
        ("---\n...\n", "p.yml: error: the file is empty; a pipeline has a key 'stages'\n"),
        ("a: 1\n\tb: 2\n", "p.yml:2:1: error: a tab cannot indent; use spaces\n\tb: 2\n^\n"),
        (String(repeating: "[", count: 100), "p.yml:1:65: error: lists and mappings lie more than 64 deep in one another\n"),
    ])
    func contentThatIsNoPipelineIsOneMessage(text: String, expected: String) throws {
        let loader = PipelineLoader(settings: [:], environment: [:], workingDirectory: "/")
        let error = try #require(throws: InvalidPipeline.self) { _ = try loader.parse(Array(text.utf8), file: "p.yml") }
        #expect(error.diagnostics.count == 1)
        #expect(error.description.hasPrefix(expected))
    }

    @Test(
        arguments: [
            (
                ["bytes"], [0x6e, 0x3a, 0x20, 0xe4],
                "p.yml:1:4: error: the byte 0xE4 is not UTF-8; save the file as UTF-8\nn: \u{fffd}\n   ^\n"
            ),
            (["utf-16"], [0xff, 0xfe, 0x61, 0x00], "p.yml: error: the file is UTF-16 or UTF-32; save it as UTF-8\n"),
        ] as [([String], [UInt8], String)]
    )
    func bytesThatAreNoTextAreOneMessage(name: [String], bytes: [UInt8], expected: String) throws {
        let loader = PipelineLoader(settings: [:], environment: [:], workingDirectory: "/")
        #expect(try #require(throws: InvalidPipeline.self) { _ = try loader.parse(bytes, file: "p.yml") }.description == expected)
    }
}
