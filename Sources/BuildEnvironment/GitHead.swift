/// What is checked out in a git repository.
///
/// Source of the layout: gitrepository-layout(5), git-worktree(1), "Details", and git-pack-refs(1).
struct GitHead: Hashable {
    /// The commit; `nil` where the branch has none yet.
    var commit: String?
    /// The branch's short name; `nil` where a commit is checked out without a branch.
    var branch: String?

    /// What is checked out in the repository that a directory lies in; `nil` where it lies in none.
    static func find(from directory: String, variables: BuildVariables) -> GitHead? {
        guard let repository = repository(from: directory, variables: variables), let head = GitFile.line("\(repository)/HEAD") else {
            return nil
        }
        guard head.hasPrefix("ref:") else { return isCommit(head) ? GitHead(commit: head.lowercased(), branch: nil) : nil }
        let name = String(head.dropFirst("ref:".count).drop { $0 == " " })
        // What stands in HEAD where the branches are in the reftable format, which git alone reads here.
        if name == "refs/heads/.invalid" { return GitCommand(variables)?.head(in: directory) }
        guard isReference(name) else { return nil }
        let shared = sharedDirectory(of: repository)
        return GitHead(commit: commit(of: name, in: shared, depth: 5), branch: shortName(name))
    }

    /// Says whether a text is a commit's whole ID: 40 or 64 hexadecimal digits.
    static func isCommit(_ text: String) -> Bool {
        (text.utf8.count == 40 || text.utf8.count == 64)
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
            }
    }

    /// A reference's name without what says its kind: `main` for `refs/heads/main`.
    static func shortName(_ name: String) -> String {
        for prefix in ["refs/heads/", "refs/tags/"] where name.hasPrefix(prefix) { return String(name.dropFirst(prefix.count)) }
        guard name.hasPrefix("refs/remotes/") else { return name }
        let parts = name.split(separator: "/", maxSplits: 3)
        return parts.count == 4 ? String(parts[3]) : name
    }

    /// The directory that holds HEAD: `GIT_DIR`, or the `.git` of this directory or one above it.
    private static func repository(from directory: String, variables: BuildVariables) -> String? {
        // A relative one is relative to a directory that is not known here, and git sets it so only in the repository itself.
        if let given = variables["GIT_DIR"], given.hasPrefix("/") { return given }
        var current = directory
        while true {
            let path = current == "/" ? "/.git" : "\(current)/.git"
            switch GitFile.kind(path) {
            case .directory where GitFile.kind("\(path)/HEAD") == .file: return path
            case .file:
                // A worktree or a submodule: the file says where its own directory is.
                guard let line = GitFile.line(path), line.hasPrefix("gitdir: ") else { return nil }
                return GitFile.path(String(line.dropFirst("gitdir: ".count)), from: current)
            default: break
            }
            guard current != "/", let slash = current.lastIndex(of: "/") else { return nil }
            current = slash == current.startIndex ? "/" : String(current[..<slash])
        }
    }

    /// Where the branches are: a worktree has them in common with its repository.
    private static func sharedDirectory(of repository: String) -> String {
        GitFile.line("\(repository)/commondir").map { GitFile.path($0, from: repository) } ?? repository
    }

    private static func commit(of name: String, in directory: String, depth: Int) -> String? {
        guard let line = GitFile.line("\(directory)/\(name)") else { return GitFile.packedCommit(of: name, in: "\(directory)/packed-refs") }
        if isCommit(line) { return line.lowercased() }
        guard line.hasPrefix("ref:"), depth > 0 else { return nil }
        let next = String(line.dropFirst("ref:".count).drop { $0 == " " })
        return isReference(next) ? commit(of: next, in: directory, depth: depth - 1) : nil
    }

    /// Says whether a name can be a path below the repository.
    private static func isReference(_ name: String) -> Bool {
        name.hasPrefix("refs/") && !name.utf8.contains(0) && !name.split(separator: "/").contains { $0 == ".." || $0 == "." }
    }
}
