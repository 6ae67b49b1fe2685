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
        let systems = CISystem.allCases.filter { exists($0.file) }
        for system in systems {
            if runsHook(system.file) {
                text += "\(system.file): it is there already, and runs hook\n"
                continue
            }
            text += "\(system.file): it is there already; what to add to it:\n\n"
            text += system.text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "\n" : "    \($0)\n" }.joined()
        }
        if systems.isEmpty, isOnGitLab {
            try NewFile(path: "\(directory)/\(CISystem.gitLab.file)").write(StarterFiles.gitLab)
            text += "\(CISystem.gitLab.file): written; it wants a runner that shares the host's Docker Engine\n"
        }
        if exists(".git") {
            text += "'hook install' lets git run it before each push"
            text += present == nil ? ": the stage 'guard-tags' in it, once you have named your images there\n" : "\n"
        }
        return text
    }

    private var isOnGitLab: Bool { remote?.lowercased().contains("gitlab") ?? false }

    /// Whether a file of a CI system calls hook: then it needs no more.
    private func runsHook(_ name: String) -> Bool {
        guard let content = FileManager.default.contents(atPath: "\(directory)/\(name)") else { return false }
        return String(decoding: content, as: UTF8.self).contains("hook run")
    }

    private func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(directory)/\(name)") }
}
