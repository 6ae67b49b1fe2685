/// Judges JUnit files by the schema of Jenkins' xUnit plugin, with `xmllint`.
package enum JUnitSchema {
    /// The path of the schema in this repository.
    package static func path(_ file: String = #filePath) -> String {
        let parts = file.split(separator: "/", omittingEmptySubsequences: false)
        return (parts.dropLast(3) + ["Tests", "Fixtures", "junit-10.xsd"]).joined(separator: "/")
    }

    /// What the schema does not allow in a file, or why it is no XML, a line each; empty for a valid file.
    package static func problems(inFile file: String) async throws -> [String] { try await problems(inFiles: [file]) }

    /// The same for several files at once.
    package static func problems(inFiles files: [String]) async throws -> [String] {
        // A relative path could be taken for an option, and `xmllint` knows no `--`.
        let names = files.map { $0.hasPrefix("/") ? $0 : "./\($0)" }
        let outcome = try await runProcess(["xmllint", "--nonet", "--noout", "--schema", path()] + names)
        switch outcome.exitCode {
        case 0: return []
        // 1: no XML, 3 and 4: not valid; everything else says nothing about the file.
        case 1, 3, 4: return outcome.standardError.split(separator: "\n").map(String.init).filter { !$0.hasSuffix(" validates") }
        default: throw ProcessFailure("xmllint could not judge '\(files.joined(separator: "', '"))': \(outcome)")
        }
    }
}
