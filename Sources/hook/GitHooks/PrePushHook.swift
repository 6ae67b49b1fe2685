import HookKit
import Processes

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The file that git runs before a push.
///
/// A hook that was there before is kept beside it, and called first. Source: githooks(5), "pre-push"; git-config(1), `core.hooksPath`.
struct PrePushHook {
    /// What could not be done, as one sentence.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// What installing or uninstalling did.
    enum Change {
        case none
        case written
        case removed
    }

    /// Whose a file is.
    private enum Origin {
        /// It is as hook wrote it, for this program and pipeline or for others.
        case ours
        /// hook wrote it, and somebody changed it since.
        case changed
        case theirs
    }

    /// The second line of every file that hook wrote.
    private static let mark = "# Written by `hook install`; `hook uninstall` takes it away again."

    /// The file.
    let path: String
    /// The root of the working tree.
    let root: String

    /// Where a hook that was there before is kept.
    var keptPath: String { "\(path).before-hook" }

    /// Asks git where the repository that a directory lies in has its hooks.
    static func find(from directory: String) async throws -> PrePushHook {
        let root = try await git(["rev-parse", "--show-toplevel"], in: directory)
        let hooks = try await git(["rev-parse", "--git-path", "hooks"], in: directory)
        return PrePushHook(path: "\(ConfigPath(hooks, in: directory).absolute)/pre-push", root: root)
    }

    /// What git answers; throws what it complains of.
    static func git(_ arguments: [String], in directory: String) async throws -> String {
        let lines = LineCollector()
        let result: CommandResult
        do {
            result = try await ProcessCommandRunner().run(Command(arguments: ["git"] + arguments, directory: directory), output: lines.take)
        } catch let error as CommandError {
            throw Failure(description: "git cannot be run: \(error)")
        }
        // What git says besides its answer goes to its standard error, which is among the lines.
        let answer = lines.lines.last { line in !["warning: ", "hint: ", "trace: "].contains { line.hasPrefix($0) } }
        guard result.status == .exited(0), let answer, !answer.isEmpty else {
            throw Failure(description: "git says: \(lines.lines.joined(separator: " "))")
        }
        return answer
    }

    /// Writes the file; a second time nothing changes.
    ///
    /// - Parameters:
    ///   - program: the absolute path of hook, for when it is not in `PATH`.
    ///   - pipeline: the pipeline file that is run, as an absolute path; `nil` for the one that `hook run` finds.
    func install(program: String, pipeline: String?) throws -> Change {
        let text = script(program: program, pipeline: pipeline)
        let present = try contents()
        // git leaves out a hook that is not executable: one is written anew.
        if present == text, access(path, X_OK) == 0 { return .none }
        let origin = present.map { Self.origin(of: $0) }
        if origin == .changed { throw changedFailure }
        let isTheirs = origin == .theirs
        if isTheirs, exists(keptPath) {
            throw Failure(description: "'\(path)' is not hook's, and there is a '\(keptPath)' already: one of them must go first")
        }
        // Where this fails, so does what follows, and says why.
        try? FileManager.default.createDirectory(atPath: String(path.dropLast("/pre-push".count)), withIntermediateDirectories: true)
        // Written whole, and executable, before anything that works is moved: git leaves out a hook that is not executable.
        let new = "\(path).hook-\(getpid())"
        do {
            try NewFile(path: new, mode: 0o755).write(text)
        } catch {
            throw Failure(description: error.description)
        }
        guard !isTheirs || rename(path, keptPath) == 0 else {
            let failure = failure("'\(path)' cannot be renamed")
            unlink(new)
            throw failure
        }
        guard rename(new, path) == 0 else {
            let failure = failure("'\(path)' cannot be written")
            unlink(new)
            if isTheirs { rename(keptPath, path) }
            throw failure
        }
        return .written
    }

    /// Takes the file away, and puts back the one that was there before.
    func uninstall() throws -> Change {
        guard let present = try contents() else { return .none }
        switch Self.origin(of: present) {
        case .ours: break
        case .changed: throw changedFailure
        case .theirs: return .none
        }
        if exists(keptPath) {
            guard rename(keptPath, path) == 0 else { throw failure("'\(keptPath)' cannot be renamed") }
        } else {
            guard unlink(path) == 0 else { throw failure("'\(path)' cannot be removed") }
        }
        return .removed
    }

    /// Finds out whose a file is: what people add to it is theirs, and must not go with it.
    private static func origin(of text: String) -> Origin {
        guard text.split(separator: "\n").prefix(3).contains(where: { $0 == mark }) else { return .theirs }
        return hasScript(text) ? .ours : .changed
    }

    /// Says whether a text is `script` with any program, and with any pipeline or none.
    private static func hasScript(_ text: String) -> Bool {
        // No word of a shell holds this one.
        let gap = "\0"
        let parts = script(program: gap, arguments: gap).split(separator: gap, omittingEmptySubsequences: false)
        guard parts.count == 3, text.hasPrefix(parts[0]), text.hasSuffix(parts[2]),
            let middle = text.firstRange(of: parts[1]),
            let start = text.index(text.startIndex, offsetBy: parts[0].count, limitedBy: middle.lowerBound),
            let end = text.index(text.endIndex, offsetBy: -parts[2].count, limitedBy: middle.upperBound)
        else { return false }
        let arguments = text[middle.upperBound..<end]
        return isQuoted(text[start..<middle.lowerBound])
            && (arguments.isEmpty || arguments.hasPrefix(" ") && isQuoted(arguments.dropFirst()))
    }

    /// Says whether a text is what `quoted` makes of another.
    private static func isQuoted(_ word: Substring) -> Bool {
        guard word.count >= 2, word.hasPrefix("'"), word.hasSuffix("'") else { return false }
        let inner = String(word.dropFirst().dropLast()).replacing(#"'\''"#, with: "'")
        return quoted(inner) == word
    }

    /// Why a file is left as it is that hook wrote and somebody changed.
    private var changedFailure: Failure {
        Failure(
            description: "'\(path)' was changed after 'hook install' wrote it, and stays as it is: move what was added to '\(keptPath)', "
                + "which it calls first, and remove it; 'hook install' then writes it anew"
        )
    }

    private func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    private func failure(_ what: String) -> Failure { Failure(description: "\(what): \(String(cString: strerror(errno)))") }

    /// What the file holds, open(2) and read(2); `nil` where there is none.
    private func contents() throws -> String? {
        guard exists(path) else { return nil }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("'\(path)' cannot be read") }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("'\(path)' cannot be read") }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }

    /// A text as one word of a shell script.
    private static func quoted(_ text: String) -> String { "'\(text.replacing("'", with: #"'\''"#))'" }

    private func script(program: String, pipeline: String?) -> String {
        let file = pipeline.map { $0.hasPrefix(root + "/") ? String($0.dropFirst(root.count + 1)) : $0 }
        return Self.script(program: Self.quoted(program), arguments: file.map { " \(Self.quoted($0))" } ?? "")
    }

    /// The file's text, for a program as a word of a shell script, and what follows `run`.
    ///
    /// - Warning: where it changes, the one before must be known as hook's too, or an update of hook calls it changed.
    private static func script(program: String, arguments: String) -> String {
        """
        #!/bin/sh
        \(mark)
        # Calls the hook that was here before, which stands beside this file, and then runs the pipeline; git pushes when both agree.
        refs=$(cat; echo .)
        refs=${refs%.}
        before=$(dirname -- "$0")/pre-push.before-hook
        if [ -x "$before" ]; then
            printf %s "$refs" | "$before" "$@" || exit
        fi
        hook=hook
        command -v hook >/dev/null 2>&1 || hook=\(program)
        command -v "$hook" >/dev/null 2>&1 || {
            echo "hook is not there any more, so nothing is pushed; 'git push --no-verify' pushes without it" >&2
            exit 1
        }
        status=0
        printf %s "$refs" | HOOK_EVENT=pre-push HOOK_PUSH_REMOTE=$1 HOOK_PUSH_ADDRESS=$2 "$hook" run\(arguments) || status=$?
        [ "$status" -eq 0 ] || echo "hook: nothing is pushed, because of what is said above; 'git push --no-verify' pushes all the same" >&2
        exit "$status"

        """
    }
}
