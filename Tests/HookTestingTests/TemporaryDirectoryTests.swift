import HookTesting
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

struct TemporaryDirectoryTests {
    @Test func everythingIsRemovedAndLinksAreNotFollowed() async throws {
        let outside = try TemporaryDirectory()
        try outside.write("stays", to: "kept")
        let path = try await TemporaryDirectory.withOne { directory in
            try directory.write("text", to: "a/b/c")
            #expect(try directory.text(of: "a/b/c") == "text")
            #expect(symlink(outside.path, directory["a/link"]) == 0)
            #expect(chmod(directory["a/b"], 0) == 0)
            return directory.path
        }
        #expect(access(path, F_OK) == -1)
        #expect(try outside.text(of: "kept") == "stays")
    }
}
