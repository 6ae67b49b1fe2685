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
            if runsHook(file) {
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
        guard root != directory, directory.hasPrefix(root == "/" ? root : root + "/") else { return system.text }
        let below = directory.dropFirst(root.count).drop { $0 == "/" }
        let file = ShellWord.quoted("\(below)/\(pipeline ?? PipelineFileFinder.names[0])")
        return system.text.replacing("hook run", with: "hook run \(file)").replacing(".hook/junit.xml", with: "\(below)/.hook/junit.xml")
    }

    private var isOnGitLab: Bool { remote?.lowercased().contains("gitlab") ?? false }

    /// Whether a file of a CI system calls hook: then it needs no more.
    private func runsHook(_ file: String) -> Bool {
        guard let content = FileManager.default.contents(atPath: ConfigPath(file, in: directory).absolute) else { return false }
        return String(decoding: content, as: UTF8.self).contains("hook run")
    }

    private func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(directory)/\(name)") }
}
