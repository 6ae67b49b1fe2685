import HookTesting
import Testing

/// `hook install`, and what git does then.
@Suite struct GitPushTests {
    /// A repository with a remote and a pipeline that stops a push where a file `stop` lies in the tree.
    private struct Clone {
        static let pipeline = """
            stages:
              - rule: exec
                when: { event: [pre-push], branch: [main] }
                with: { command: [sh, -c, "test ! -e stop"] }
            """

        let directory: TemporaryDirectory
        var tree: String { directory["tree"] }

        init(_ directory: TemporaryDirectory) async throws {
            self.directory = directory
            try directory.makeDirectory("tree")
            try directory.write(Self.pipeline, to: "tree/hook.yml")
            for command in [
                "git init -q --bare ../remote", "git init -q -b main", "git remote add origin ../remote", "git add .",
                "git commit -q -m first",
            ] { try await git(command) }
        }

        private var environment: RunningProcess.Environment {
            .inherited(changing: [
                "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "GIT_AUTHOR_NAME": "a",
                "GIT_AUTHOR_EMAIL": "a@example.com",
                "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.com", "DOCKER_HOST": "unix://\(directory["no.sock"])",
                "CI": nil, "GITLAB_CI": nil,
            ])
        }

        func run(_ command: [String]) async throws -> ProcessOutcome {
            try await runProcess(command, environment: environment, directory: tree)
        }

        func git(_ command: String) async throws {
            let outcome = try await run(command.split(separator: " ").map(String.init))
            try #require(outcome.exitCode == 0, "\(outcome)")
        }

        func hook(_ arguments: String...) async throws -> ProcessOutcome { try await run([Repository.hook] + arguments) }

        /// What the remote's branch names.
        func pushed() async throws -> String {
            try await run(["git", "ls-remote", "origin", "refs/heads/main"]).standardOutput
        }
    }

    @Test func aPushIsStoppedByAFindingAndTheHookThatWasThereIsCalledFirst() async throws {
        try await TemporaryDirectory.withOne { directory in
            let clone = try await Clone(directory)
            try directory.write(
                "#!/bin/sh\necho \"before $*\" >> \(directory["log"])\ncat >> \(directory["log"])\n",
                to: "tree/.git/hooks/pre-push",
                mode: 0o755
            )
            let installed = try await clone.hook("install")
            #expect(installed.exitCode == 0 && installed.standardOutput.hasSuffix("/.git/hooks/pre-push: written\n"), "\(installed)")
            let first = try await clone.run(["git", "push", "origin", "main"])
            #expect(first.exitCode == 0, "\(first)")
            let pushed = try await clone.pushed()
            #expect(pushed != "")
            try directory.write("", to: "tree/stop")
            try await clone.git("git commit -q --allow-empty -m second")
            let second = try await clone.run(["git", "push", "origin", "main"])
            #expect(second.exitCode == 1, "\(second)")
            #expect(second.standardError.contains("hook: nothing is pushed, because of what is said above"), "\(second)")
            #expect(try await clone.pushed() == pushed)
            let lines = try directory.text(of: "log").split(separator: "\n")
            #expect(lines.count == 4)
            #expect(lines[0] == "before origin ../remote")
            #expect(lines[1].hasPrefix("refs/heads/main ") && lines[3].hasPrefix("refs/heads/main "))
            // What is pushed counts, not what is checked out.
            try await clone.git("git switch -q -c topic")
            let other = try await clone.run(["git", "push", "origin", "topic"])
            #expect(other.exitCode == 0, "\(other)")
            let main = try await clone.run(["git", "push", "origin", "main"])
            #expect(main.exitCode == 1, "\(main)")
        }
    }

    @Test func aGuardHoldsHoweverThePushIsWritten() async throws {
        try await TemporaryDirectory.withOne { directory in
            let clone = try await Clone(directory)
            _ = try await clone.hook("install")
            try directory.write("", to: "tree/stop")
            try await clone.git("git switch -q -c topic")
            _ = try await clone.run(["git", "commit", "-q", "--allow-empty", "-m", "more work"])
            try await clone.git("git tag v1")
            for refs in [
                ["main", "topic"], ["--all"], ["topic:main"], ["HEAD:main"], ["HEAD~0:refs/heads/main"], ["v1^0:refs/heads/main"],
                ["HEAD^{/more work}:refs/heads/main"],
                ["--mirror"],
            ] {
                let push = try await clone.run(["git", "push", "origin"] + refs)
                #expect(push.exitCode == 1, "\(refs): \(push)")
                #expect(try await clone.pushed() == "")
            }
            // What is on another branch, or on none, is not held up.
            try await clone.git("git push -q origin topic")
            try await clone.git("git switch -q main")
            let tag = try await clone.run(["git", "push", "origin", "v1"])
            #expect(tag.exitCode == 0, "\(tag)")
            let said = tag.standardOutput + tag.standardError
            #expect(said.contains("the build is of a tag, which is no branch, and only 'main' is wanted"), "\(tag)")
            try await clone.git("rm stop")
            try await clone.git("git push -q origin main")
            try directory.write("", to: "tree/stop")
            let deletion = try await clone.run(["git", "push", "origin", "--delete", "main"])
            #expect(deletion.exitCode == 1, "\(deletion)")
            #expect(try await clone.pushed() != "")
        }
    }

    @Test func aSecondInstallationChangesNothingAndUninstallingGivesBackWhatWasThere() async throws {
        try await TemporaryDirectory.withOne { directory in
            let clone = try await Clone(directory)
            let path = "tree/.git/hooks/pre-push"
            let theirs = "#!/bin/sh\nexit 3\n"
            try directory.write(theirs, to: path, mode: 0o755)
            _ = try await clone.hook("install")
            let ours = try directory.text(of: path)
            let again = try await clone.hook("install")
            #expect(again.exitCode == 0 && again.standardOutput.hasSuffix(": it is there already\n"), "\(again)")
            #expect(try directory.text(of: path) == ours)
            let push = try await clone.run(["git", "push", "origin", "main"])
            #expect(push.exitCode == 1, "the hook that was there before refuses: \(push)")
            let removed = try await clone.hook("uninstall")
            #expect(removed.exitCode == 0 && removed.standardOutput.hasSuffix(": as it was before\n"), "\(removed)")
            #expect(try directory.text(of: path) == theirs)
            let nothing = try await clone.hook("uninstall")
            #expect(nothing.exitCode == 0 && nothing.standardOutput.hasSuffix(": nothing of hook's is there\n"), "\(nothing)")
            #expect(try directory.text(of: path) == theirs)
            #expect(!directory.exists("\(path).before-hook"))
        }
    }

    @Test(arguments: [[], ["it's mine.yml"]]) func whatWasAddedToTheHookIsNotThrownAway(file: [String]) async throws {
        try await TemporaryDirectory.withOne { directory in
            let clone = try await Clone(directory)
            let path = "tree/.git/hooks/pre-push"
            let installed = try await clone.run([Repository.hook, "install"] + file)
            #expect(installed.exitCode == 0, "\(installed)")
            let ours = try directory.text(of: path)
            // For another pipeline it is hook's all the same.
            let other = try await clone.hook("install", "hook.yml")
            #expect(other.exitCode == 0 && other.standardOutput.hasSuffix(": written\n"), "\(other)")
            #expect(!directory.exists("\(path).before-hook"))
            for changed in [ours + "echo mine\n", ours.replacing("status=0\n", with: "echo mine\nstatus=0\n"), "\(ours.prefix(90))\n"] {
                try directory.write(changed, to: path, mode: 0o755)
                for command in ["install", "uninstall"] {
                    let refused = try await clone.hook(command)
                    #expect(refused.exitCode == 69, "\(refused)")
                    #expect(
                        refused.standardError.contains(
                            "/pre-push' was changed after 'hook install' wrote it, and stays as it is: move what was added to '"
                        )
                    )
                    #expect(try directory.text(of: path) == changed)
                }
            }
            try directory.write(ours, to: path, mode: 0o755)
            let removed = try await clone.hook("uninstall")
            #expect(removed.exitCode == 0, "\(removed)")
            #expect(!directory.exists(path))
        }
    }

    @Test func theHookStandsWhereTheConfigurationSays() async throws {
        try await TemporaryDirectory.withOne { directory in
            let clone = try await Clone(directory)
            try await clone.git("git config core.hooksPath ../ours")
            let installed = try await clone.hook("install", "hook.yml")
            #expect(installed.exitCode == 0, "\(installed)")
            #expect(directory.exists("ours/pre-push"))
            #expect(!directory.exists("tree/.git/hooks/pre-push"))
            try directory.write("", to: "tree/stop")
            let push = try await clone.run(["git", "push", "origin", "main"])
            #expect(push.exitCode == 1, "\(push)")
            _ = try await clone.hook("uninstall")
            #expect(!directory.exists("ours/pre-push"))
            let after = try await clone.run(["git", "push", "origin", "main"])
            #expect(after.exitCode == 0, "\(after)")
        }
    }

    /// There is no engine here: a stage that asked one would stop the push.
    @Test func theFirstPushAfterInitGoesThroughAndLeavesTheTreeClean() async throws {
        try await TemporaryDirectory.withOne { directory in
            let clone = try await Clone(directory)
            try await clone.git("git rm -q hook.yml")
            let written = try await clone.hook("init")
            #expect(written.exitCode == 0, "\(written)")
            // What a run writes is no source, whether the ledger or a report is there first.
            let dry = try await clone.hook("run", "--dry-run")
            #expect(dry.exitCode == 69, "\(dry)")
            let installed = try await clone.hook("install")
            #expect(installed.exitCode == 0, "\(installed)")
            try await clone.git("git add -A")
            let added = try await clone.run(["git", "ls-files"])
            #expect(added.standardOutput == "hook.yml\n")
            try await clone.git("git commit -q -m start")
            let push = try await clone.run(["git", "push", "origin", "main"])
            #expect(push.exitCode == 0, "\(push)")
            #expect(try await clone.pushed() != "")
            #expect(directory.exists("tree/.hook/junit.xml"))
            let status = try await clone.run(["git", "status", "--porcelain"])
            #expect(status.standardOutput == "")
        }
    }

    @Test func theGuardOfTheFirstPipelineRunsBeforeAPushAlone() async throws {
        try await TemporaryDirectory.withOne { directory in
            let clone = try await Clone(directory)
            try await clone.git("git rm -q hook.yml")
            _ = try await clone.hook("init")
            let lines = try directory.text(of: "tree/hook.yml").split(separator: "\n", omittingEmptySubsequences: false)
            let start = try #require(lines.firstIndex(of: "  # - rule: guard-tags"))
            let active = lines[..<start] + lines[start...].map { $0.hasPrefix("  # ") ? "  " + $0.dropFirst(4) : $0 }
            try directory.write(active.joined(separator: "\n"), to: "tree/hook.yml")
            let valid = try await clone.hook("validate")
            #expect(valid.exitCode == 0, "\(valid)")
            let names = ["track-tags", "detect-overwritten", "prune", "guard-tags"]
            for (event, ran) in [("pre-push", ["guard-tags"]), ("manual", ["track-tags"]), ("ci", ["track-tags"])] {
                let run = try await clone.run(["env", "HOOK_EVENT=\(event)", Repository.hook, "run"])
                // No engine answers, so what is tried is not carried out.
                #expect(run.exitCode == 69, "\(run)")
                let tried = names.filter { name in
                    run.standardOutput.split(separator: "\n").contains {
                        $0.hasPrefix("! ") && $0.contains(" \(name) · could not be carried out")
                    }
                }
                #expect(tried == ran, "\(event): \(run)")
            }
        }
    }

    @Test func aPipelineFileThatIsNotThereIsSaid() async throws {
        try await TemporaryDirectory.withOne { directory in
            let clone = try await Clone(directory)
            let installed = try await clone.hook("install", "nope.yml")
            #expect(installed.exitCode == 0, "\(installed)")
            #expect(
                installed.standardOutput
                    == "\(directory["tree/.git/hooks/pre-push"]): written\nthere is no nope.yml yet: until there is one, nothing can be pushed\n"
            )
            let push = try await clone.run(["git", "push", "origin", "main"])
            #expect(push.exitCode == 1, "\(push)")
        }
    }

    @Test func aHookThatGitIgnoresIsWrittenAnew() async throws {
        try await TemporaryDirectory.withOne { directory in
            let clone = try await Clone(directory)
            _ = try await clone.hook("install")
            try await clone.git("chmod -x .git/hooks/pre-push")
            let again = try await clone.hook("install")
            #expect(again.exitCode == 0 && again.standardOutput.hasSuffix("/pre-push: written\n"), "\(again)")
            try directory.write("", to: "tree/stop")
            let push = try await clone.run(["git", "push", "origin", "main"])
            #expect(push.exitCode == 1, "\(push)")
        }
    }

    @Test func aDirectoryInPlaceOfTheHookIsSaid() async throws {
        try await TemporaryDirectory.withOne { directory in
            let clone = try await Clone(directory)
            try directory.makeDirectory("tree/.git/hooks/pre-push")
            for command in ["install", "uninstall"] {
                let outcome = try await clone.hook(command)
                #expect(outcome.exitCode == 69, "\(outcome)")
                #expect(outcome.standardError.hasSuffix("/.git/hooks/pre-push' cannot be read: Is a directory\n"), "\(outcome)")
            }
        }
    }

    @Test func outsideARepositoryNothingIsInstalled() async throws {
        try await TemporaryDirectory.withOne { directory in
            let outcome = try await runProcess([Repository.hook, "install"], directory: directory.path)
            #expect(outcome.exitCode == 69, "\(outcome)")
            #expect(outcome.standardError.hasPrefix("hook: error: git says: "), "\(outcome)")
        }
    }
}
