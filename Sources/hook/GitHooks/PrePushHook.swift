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
        if present == text { return .none }
        let isTheirs = present.map { !Self.isOurs($0) } ?? false
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
        guard let present = try contents(), Self.isOurs(present) else { return .none }
        if exists(keptPath) {
            guard rename(keptPath, path) == 0 else { throw failure("'\(keptPath)' cannot be renamed") }
        } else {
            guard unlink(path) == 0 else { throw failure("'\(path)' cannot be removed") }
        }
        return .removed
    }

    private static func isOurs(_ text: String) -> Bool { text.split(separator: "\n").prefix(3).contains { $0 == mark } }

    private func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    private func failure(_ what: String) -> Failure { Failure(description: "\(what): \(String(cString: strerror(errno)))") }

    /// What the file holds; `nil` where there is none.
    private func contents() throws -> String? {
        guard exists(path) else { return nil }
        guard let data = FileManager.default.contents(atPath: path) else { throw failure("'\(path)' cannot be read") }
        return String(decoding: data, as: UTF8.self)
    }

    /// A text as one word of a shell script.
    private static func quoted(_ text: String) -> String { "'\(text.replacing("'", with: #"'\''"#))'" }

    private func script(program: String, pipeline: String?) -> String {
        let file = pipeline.map { $0.hasPrefix(root + "/") ? String($0.dropFirst(root.count + 1)) : $0 }
        return """
            #!/bin/sh
            \(Self.mark)
            # Calls the hook that was here before, which stands beside this file, and then runs the pipeline; git pushes when both agree.
            refs=$(cat; echo .)
            refs=${refs%.}
            before=$(dirname -- "$0")/pre-push.before-hook
            if [ -x "$before" ]; then
                printf %s "$refs" | "$before" "$@" || exit
            fi
            hook=hook
            command -v hook >/dev/null 2>&1 || hook=\(Self.quoted(program))
            command -v "$hook" >/dev/null 2>&1 || {
                echo "hook is not there any more, so nothing is pushed; 'git push --no-verify' pushes without it" >&2
                exit 1
            }
            status=0
            printf %s "$refs" | HOOK_EVENT=pre-push HOOK_PUSH_REMOTE=$1 HOOK_PUSH_ADDRESS=$2 "$hook" run\(file.map { " \(Self.quoted($0))" } ?? "") || status=$?
            [ "$status" -eq 0 ] || echo "hook: nothing is pushed, because of what is said above; 'git push --no-verify' pushes all the same" >&2
            exit "$status"

            """
    }
}
