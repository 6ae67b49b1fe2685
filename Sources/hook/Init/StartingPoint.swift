import HookKit

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What `hook init` writes into a repository: a first pipeline, and what its CI system needs to run it.
struct StartingPoint {
    /// A CI system whose file hook knows to write.
    enum CISystem: CaseIterable {
        case gitLab
        case jenkins

        /// The file in which a repository says what the system does.
        var file: String {
            switch self {
            case .gitLab: ".gitlab-ci.yml"
            case .jenkins: "Jenkinsfile"
            }
        }

        /// What hook writes into it.
        var text: String {
            switch self {
            case .gitLab: StarterFiles.gitLab
            case .jenkins: StarterFiles.jenkins
            }
        }
    }

    /// The directory.
    let directory: String
    /// The address of the repository's remote `origin`, where there is one.
    let remote: String?

    /// Writes the files that are not there, and says what was done and what is left to do.
    func write() throws(NewFile.Failure) -> String {
        var text = ""
        let present = PipelineFileFinder.names.first(where: exists)
        if let present {
            text += "\(present): it is there already, and stays as it is\n"
        } else {
            try NewFile(path: "\(directory)/\(PipelineFileFinder.names[0])").write(StarterFiles.pipeline)
            text += "\(PipelineFileFinder.names[0]): written; 'hook run --dry-run' shows what it would do\n"
        }
        let systems = CISystem.allCases.compactMap { system in place(of: system).map { (system, $0) } }
        for (system, file) in systems {
            if runsHook(file, pipeline: present) {
                text += "\(file): it is there already, and runs hook\n"
                continue
            }
            text += "\(file): it is there already; what to add to it:\n\n"
            text += job(for: system, pipeline: present).split(separator: "\n", omittingEmptySubsequences: false).map {
                $0.isEmpty ? "\n" : "    \($0)\n"
            }.joined()
        }
        if systems.isEmpty, isOnGitLab {
            let file = root == directory ? CISystem.gitLab.file : "\(root)/\(CISystem.gitLab.file)"
            try NewFile(path: ConfigPath(file, in: directory).absolute).write(job(for: .gitLab, pipeline: present))
            text += "\(file): written; it wants a runner that shares the host's Docker Engine\n"
        }
        if exists(".git") {
            text += "'hook install' lets git run it before each push"
            text += present == nil ? ": the stage 'guard-tags' in it, once you have named your images there\n" : "\n"
        }
        return text
    }

    /// Where CI systems look for their files, and where their jobs run: the root of the repository, or this directory outside of any.
    private var root: String { PipelineFileFinder.repository(around: directory) ?? directory }

    /// Where a system's file is: in the root, as a path from this directory where it lies there, or for Jenkins also here; `nil` where it is not.
    private func place(of system: CISystem) -> String? {
        if exists(system.file), root == directory || system == .jenkins { return system.file }
        let file = "\(root)/\(system.file)"
        return FileManager.default.fileExists(atPath: file) ? file : nil
    }

    /// What a system's file says of hook, with the pipeline file of this directory and its report as paths from the root.
    private func job(for system: CISystem, pipeline: String?) -> String {
        guard let below else { return system.text }
        let call = "hook run \(ShellWord.quoted("\(below)/\(pipeline ?? PipelineFileFinder.names[0])"))"
        let report = "\(below)/.hook/junit.xml"
        let lines = system.text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let start = line.drop { $0 == " " }
            if start.hasPrefix("#") || start.hasPrefix("//") { return line.replacing("hook run", with: call) }
            switch system {
            case .gitLab:
                return line.replacing("hook run --format gitlab", with: Self.yaml("\(call) --format gitlab"))
                    .replacing(".hook/junit.xml", with: Self.yaml(report))
            case .jenkins:
                return line.replacing("hook run", with: Self.groovy(call)).replacing(".hook/junit.xml", with: Self.groovy(report))
            }
        }
        return lines.joined(separator: "\n")
    }

    /// The path from the root to this directory; `nil` where it is the root.
    private var below: String? {
        guard root != directory, directory.hasPrefix(root == "/" ? root : root + "/") else { return nil }
        return String(directory.dropFirst(root.count).drop { $0 == "/" })
    }

    /// A text as YAML takes it, in quotes where it would mean something else without.
    private static func yaml(_ text: String) -> String {
        func isPlain(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) }
        let begins = text.unicodeScalars.first.map { isPlain($0) || $0 == "." } ?? false
        let isClear = text.unicodeScalars.allSatisfy { isPlain($0) || " /._-@'".unicodeScalars.contains($0) }
        return begins && isClear ? text : ConfigValue(.string(text)).yaml
    }

    /// A text as it stands between single quotes in Groovy.
    private static func groovy(_ text: String) -> String { text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") }

    private var isOnGitLab: Bool { remote?.lowercased().contains("gitlab") ?? false }

    /// Whether a file of a CI system runs this directory's pipeline: then it needs no more.
    private func runsHook(_ file: String, pipeline: String?) -> Bool {
        guard let content = FileManager.default.contents(atPath: ConfigPath(file, in: directory).absolute) else { return false }
        let name = pipeline ?? PipelineFileFinder.names[0]
        let path = below.map { "\($0)/\(name)" } ?? name
        let text = String(decoding: content, as: UTF8.self)
        let isEntered = below.map { Self.rest(of: text[...], after: "cd \(ShellWord.quoted($0))") != nil } ?? true
        return text.split(whereSeparator: \.isNewline).contains { line in
            let start = line.drop(while: \.isWhitespace)
            guard !start.hasPrefix("#"), !start.hasPrefix("//"), let call = Self.rest(of: line, after: "hook run") else { return false }
            // Quotes and escapes are those of several languages at once.
            let words = call.split { $0.isWhitespace || "'\"\\(),;[]&|".contains($0) }
                .map { $0.hasPrefix("./") ? $0.dropFirst(2) : $0 }
            let names = words.contains { $0.hasSuffix(".yml") || $0.hasSuffix(".yaml") }
            // One word only where it needs no quotes.
            let quoted = ShellWord.quoted(path)
            return names ? words.contains { $0 == path } || quoted != path && call.contains(quoted) : isEntered
        }
    }

    /// What follows the words of a command in a text; `nil` where they are not there, or are part of other words.
    private static func rest(of text: Substring, after words: String) -> Substring? {
        func ends(_ character: Character?) -> Bool { character.map { !$0.isLetter && !$0.isNumber && $0 != "-" && $0 != "_" } ?? true }
        for range in text.ranges(of: words) {
            let rest = text[range.upperBound...]
            if ends(text[..<range.lowerBound].last), ends(rest.first) { return rest }
        }
        return nil
    }

    private func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(directory)/\(name)") }
}
