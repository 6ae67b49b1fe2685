import HookTesting
import Testing

/// What `hook init` writes.
@Suite struct InitTests {
    private func hook(_ arguments: [String], in directory: String) async throws -> ProcessOutcome {
        try await runProcess([Repository.hook] + arguments, directory: directory)
    }

    private func example(_ path: String) async throws -> String {
        try await runProcess(["cat", "\(Repository.root)/examples/\(path)"]).standardOutput
    }

    @Test func aFirstPipelineIsWrittenOnceAndIsValid() async throws {
        try await TemporaryDirectory.withOne { directory in
            let first = try await hook(["init"], in: directory.path)
            #expect(first.exitCode == 0, "\(first)")
            #expect(first.standardOutput == "hook.yml: written; 'hook run --dry-run' shows what it would do\n")
            #expect(try await example("gitlab/hook.yml") == (try directory.text(of: "hook.yml")))
            #expect(try await example("jenkins/hook.yml") == (try directory.text(of: "hook.yml")))
            let valid = try await hook(["validate"], in: directory.path)
            #expect(valid.exitCode == 0, "\(valid)")
            try directory.write("stages: []\n", to: "hook.yml")
            let second = try await hook(["init"], in: directory.path)
            #expect(second.exitCode == 0 && second.standardOutput == "hook.yml: it is there already, and stays as it is\n", "\(second)")
            #expect(try directory.text(of: "hook.yml") == "stages: []\n")
        }
    }

    @Test func aRepositoryOnGitLabGetsItsJob() async throws {
        try await TemporaryDirectory.withOne { directory in
            for command in ["git init -q", "git remote add origin git@gitlab.example.com:shop/api.git"] {
                let outcome = try await runProcess(command.split(separator: " ").map(String.init), directory: directory.path)
                try #require(outcome.exitCode == 0, "\(outcome)")
            }
            let outcome = try await hook(["init"], in: directory.path)
            #expect(outcome.exitCode == 0, "\(outcome)")
            #expect(try await example("gitlab/.gitlab-ci.yml") == (try directory.text(of: ".gitlab-ci.yml")))
            #expect(
                outcome.standardOutput
                    == "hook.yml: written; 'hook run --dry-run' shows what it would do\n"
                    + ".gitlab-ci.yml: written; it wants a runner that shares the host's Docker Engine\n"
                    + "'hook install' lets git run it before each push: the stage 'guard-tags' in it, once you have named your images there\n"
            )
            // What hook wrote needs nothing more.
            let again = try await hook(["init"], in: directory.path)
            #expect(
                again.standardOutput
                    == "hook.yml: it is there already, and stays as it is\n.gitlab-ci.yml: it is there already, and runs hook\n"
                    + "'hook install' lets git run it before each push\n"
            )
        }
    }

    /// GitLab reads the file in the root alone, and runs its jobs there.
    @Test func aDirectoryOfARepositoryGetsItsJobInTheRoot() async throws {
        try await TemporaryDirectory.withOne { directory in
            for command in ["git init -q", "git remote add origin git@gitlab.example.com:shop/api.git", "mkdir -p deploy/prod"] {
                let outcome = try await runProcess(command.split(separator: " ").map(String.init), directory: directory.path)
                try #require(outcome.exitCode == 0, "\(outcome)")
            }
            let outcome = try await hook(["init"], in: directory["deploy/prod"])
            #expect(outcome.exitCode == 0, "\(outcome)")
            #expect(outcome.standardOutput.contains("/.gitlab-ci.yml: written; "), "\(outcome)")
            #expect(directory.exists("deploy/prod/hook.yml"))
            #expect(!directory.exists("deploy/prod/.gitlab-ci.yml"))
            let job = try directory.text(of: ".gitlab-ci.yml")
            #expect(job.contains("\n    - hook run deploy/prod/hook.yml --format gitlab\n"), "\(job)")
            #expect(job.contains("\n      junit: deploy/prod/.hook/junit.xml\n"), "\(job)")
            let again = try await hook(["init"], in: directory["deploy/prod"])
            #expect(again.standardOutput.contains("/.gitlab-ci.yml: it is there already, and runs hook\n"), "\(again)")
        }
    }

    @Test func whatBelongsIntoAFileThatIsThereIsPrinted() async throws {
        try await TemporaryDirectory.withOne { directory in
            try directory.write("pipeline {}\n", to: "Jenkinsfile")
            let outcome = try await hook(["init"], in: directory.path)
            #expect(outcome.exitCode == 0, "\(outcome)")
            #expect(try directory.text(of: "Jenkinsfile") == "pipeline {}\n")
            for line in try await example("jenkins/Jenkinsfile").split(separator: "\n") {
                #expect(outcome.standardOutput.contains("    \(line)\n"), "\(outcome)")
            }
        }
    }

    @Test func aFileThatRunsAnotherPipelineIsToldWhatToAdd() async throws {
        try await TemporaryDirectory.withOne { directory in
            for name in [".git", "a", "b"] { try directory.makeDirectory(name) }
            for (text, place, isThere) in [
                ("    - hook run a/hook.yml --format gitlab", "a", true), ("    - hook run a/hook.yml --format gitlab", "b", false),
                ("    - hook run a/hook.yml --format gitlab", "", false), ("    - ./hook run ./b/hook.yml", "b", true),
                ("    - cd b && hook run", "b", true), ("    - hook run --format gitlab", "b", false), ("    - hook run", "", true),
                ("    - echo webhook running", "", false), ("    # - hook run", "", false),
            ] {
                try directory.write("job:\n  script:\n\(text)\n", to: ".gitlab-ci.yml")
                let outcome = try await hook(["init"], in: place.isEmpty ? directory.path : directory[place])
                #expect(outcome.exitCode == 0, "\(outcome)")
                let said = outcome.standardOutput.contains(".gitlab-ci.yml: it is there already, and runs hook\n")
                #expect(said == isThere, "\(text) in '\(place)': \(outcome)")
                #expect(outcome.standardOutput.contains("it is there already; what to add to it:\n") == !isThere)
            }
        }
    }

    @Test func aNameThatNeedsQuotesHasThem() async throws {
        try await TemporaryDirectory.withOne { directory in
            for name in [".git", "a: b", "it's"] { try directory.makeDirectory(name) }
            try directory.write("job: {}\n", to: ".gitlab-ci.yml")
            try directory.write("pipeline {}\n", to: "Jenkinsfile")
            let colon = try await hook(["init"], in: directory["a: b"]).standardOutput
            #expect(colon.contains(#"        - "hook run 'a: b/hook.yml' --format gitlab""# + "\n"), "\(colon)")
            #expect(colon.contains(#"          junit: "a: b/.hook/junit.xml""# + "\n"), "\(colon)")
            let quote = try await hook(["init"], in: directory["it's"]).standardOutput
            #expect(quote.contains(#"sh(script: 'hook run \'it\'\\\'\'s/hook.yml\'', returnStatus: true)"#), "\(quote)")
            #expect(quote.contains(#"junit testResults: 'it\'s/.hook/junit.xml'"#), "\(quote)")
        }
    }

    @Test func aDirectoryThatCannotBeWrittenIsSaid() async throws {
        try await TemporaryDirectory.withOne { directory in
            // A name that is taken by a link to nowhere cannot be made, even by root.
            let link = try await runProcess(["ln", "-s", "/nowhere/at/all", "hook.yml"], directory: directory.path)
            try #require(link.exitCode == 0)
            let outcome = try await hook(["init"], in: directory.path)
            #expect(outcome.exitCode == 69, "\(outcome)")
            #expect(outcome.standardError == "hook: error: the file '\(directory.path)/hook.yml' cannot be written: File exists\n")
        }
    }
}
