import HookTesting
import Testing

/// The completions that the built program writes for shells, in a real bash.
@Suite(.timeLimit(.minutes(15))) struct CompletionTests {
    /// A completion, as bash asks for it when a person presses the tabulator.
    private static let session = """
        . ./completions
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_TYPE=9
        COMP_POINT=${#COMP_LINE}
        _hook hook "${*: -1}" "${*: -2:1}"
        printf '%s\\n' "${COMPREPLY[@]}" | sort -u
        """

    private func script(for shell: String) async throws -> String {
        let outcome = try await runProcess([Repository.hook, "--generate-completion-script", shell])
        #expect(outcome.exitCode == 0, "\(outcome)")
        return outcome.standardOutput
    }

    @Test func bashCompletesCommandsOptionsValuesRulesAndFiles() async throws {
        let cases: [(line: [String], completions: [String])] = [
            (["r"], ["registry", "rules", "run"]),
            (["rules", ""], ["--help", "--version", "-h", "list", "run", "show"]),
            (["rules", "show", "pr"], ["prune"]),
            (["rules", "run", "registry-"], ["registry-check", "registry-delete", "registry-gc", "registry-retention"]),
            (["run", "--qu"], ["--quiet"]),
            (["run", "--format", "g"], ["github", "gitlab"]),
            (["run", "p"], ["pipeline.yml", "plain"]),
            (["validate", "p"], ["pipeline.yml", "plain"]),
            (["install", "p"], ["pipeline.yml", "plain"]),
            (["run", "--junit", "p"], ["picture.png", "pipeline.yml", "plain"]),
            (["run", "--json", "p"], ["picture.png", "pipeline.yml", "plain"]),
            (["rules", "list", "--plugin", "pi"], ["picture.png", "pipeline.yml"]),
            (["registry", "restore", "--root", "p"], ["plain"]),
            (["run", "--only", ""], ["later", "prune", "prune 2"]),
            (["run", "--skip", "la"], ["later"]),
            (["run", "pipeline.yml", "--only", ""], []),
            (["run", "other.yml", "--only", "b"], ["build", "build-2"]),
            (["run", "--junit", "other.yml", "--only", "l"], ["later"]),
        ]
        try await TemporaryDirectory.withOne { directory in
            try directory.write(try await script(for: "bash"), to: "completions")
            for file in ["pipeline.yml", "picture.png", "plain/file"] { try directory.write("", to: file) }
            try directory.write("stages: [{rule: prune}, {rule: prune}, {rule: exec, name: later, with: {}}]", to: "hook.yml")
            try directory.write("stages: [{rule: no-such, name: build}, {name: build-2, bad: key}]", to: "other.yml")
            let program = try #require(Repository.hook.lastIndex(of: "/").map { String(Repository.hook[..<$0]) })
            let path = program + ":" + (Repository.variable("PATH") ?? "/usr/bin:/bin")
            for (line, completions) in cases {
                let outcome = try await runProcess(
                    ["bash", "--norc", "-c", Self.session, "bash", "hook"] + line,
                    environment: .inherited(changing: ["PATH": path]),
                    directory: directory.path
                )
                #expect(outcome.standardOutput.split(separator: "\n").map(String.init) == completions, "\(line): \(outcome)")
                #expect(outcome.standardError == "", "\(line)")
            }
        }
    }

    @Test(arguments: ["bash", "zsh", "fish"]) func aShellReadsItsScriptWithoutAComplaint(shell: String) async throws {
        let found = try await runProcess(["sh", "-c", "command -v \(shell) || true"])
        let script = try await script(for: shell)
        #expect(script.hasSuffix("\n"))
        // Whoever has no zsh and no fish sees whether the others read theirs.
        guard !found.standardOutput.isEmpty else { return }
        let outcome = try await runProcess([shell, "-n"], input: .text(script))
        #expect(outcome.exitCode == 0 && outcome.standardError == "", "\(outcome)")
    }
}
