import HookTesting
import Testing

/// Exit codes and messages of the built program; no engine is needed.
@Suite struct CommandLineTests {
    private func hook(
        _ arguments: [String],
        in directory: TemporaryDirectory,
        variables: [String: String?] = [:]
    ) async throws -> ProcessOutcome {
        var changes: [String: String?] = ["DOCKER_HOST": "unix://\(directory["no.sock"])"]
        for (name, value) in variables { changes[name] = value }
        return try await runProcess([Repository.hook] + arguments, environment: .inherited(changing: changes), directory: directory.path)
    }

    @Test(
        arguments: [
            (["validate", "missing.yml"], 78, "missing.yml: error: "),
            (["validate", "empty.yml"], 78, "empty.yml: error: the file is empty"),
            (["validate", "."], 78, ".: error: "), (["validate", "bytes.yml"], 78, "bytes.yml:1:"),
            (
                ["run"], 78,
                "hook: error: there is no hook.yml or .hook.yml here or in the repository's root; name the pipeline file, or let 'hook init' write "
                    + "a first one\n"
            ),
            (
                ["prune"], 64,
                "hook: error: 'hook' has no command 'prune': it is a rule, which 'hook rules run prune' runs, and 'hook rules show prune' describes\n"
            ),
            (["run", "good.yml", "--only", "chek"], 64, "the pipeline has no such stage; did you mean 'check'?"),
            (["run", "good.yml", "--set", "A"], 64, "'--set A' has no value"),
            (["run", "good.yml", "--set", "=3"], 64, "'--set =3' has no name"),
            (["run", "good.yml", "--junit", "."], 78, "it is a directory"),
            (["run", "good.yml", "--json", "good.yml/x/y.json"], 78, "cannot be written"),
            (["run", "good.yml", "--json", "-"], 64, "'--json -': '-' is no file; for standard output use '--format json'"),
            (["run", "good.yml", "--html", "-"], 64, "'--html -': '-' is no file; for standard output use '--html /dev/stdout'"),
            (["run", "good.yml", "--json", "x", "--junit", "./y/../x"], 78, "x' cannot be written: it is the json report too"),
            (["run", "good.yml", "--junit", "good.yml"], 78, "good.yml' cannot be written: it is the pipeline file too"),
            (["run", "good.yml", "--json", ".hook/ledger.sqlite"], 78, "ledger.sqlite' cannot be written: it is the ledger too"),
            (["run", "good.yml", "--json", "p", "--plan", "p"], 78, "p' cannot be written: it is the plan too"),
            (["run", "good.yml", "--plan", "good.yml"], 78, "good.yml' cannot be written: it is the pipeline file too"),
            (["rules", "run", "prune", "--ledger", "l", "--json", "l"], 78, "l' cannot be written: it is the ledger too"),
            (["rules", "run", "prune", "older-than=1"], 78, "'older-than' must be a duration"),
            (["rules", "run", "prune", "dry-run=true"], 78, "prune has no setting 'dry-run'; the option is '--dry-run'\n"),
            (["runn"], 64, "hook: error: 'hook' has no command 'runn'; did you mean 'run'?\n"),
            (["help", "hsitory"], 64, "hook: error: 'hook' has no command 'hsitory'; did you mean 'history'?\n"),
            (["rules", "shwo"], 64, "hook: error: 'hook rules' has no command 'shwo'; did you mean 'show'?\n"),
            (["rules", "show", "prun"], 64, "hook: error: there is no rule 'prun'; did you mean 'prune'?\n"),
            (["history"], 69, "hook: error: there is no ledger '.hook/ledger.sqlite'; a pipeline with a 'track-tags' stage makes one\n"),
            (["history", "shop/api:v1", "--ledger", "x/y.sqlite"], 69, "hook: error: there is no ledger 'x/y.sqlite'"),
            (["history", "Shop"], 64, "'Shop' is no reference of an image; write it as docker does: shop/api:v1"),
            (["history", "--graph"], 64, "'--graph' needs a tag"), (["history", "--limit", "-1"], 64, ""),
            (["history", "a", "--json", "--long"], 64, "'--json', '--graph' and '--long' exclude each other"),
            (["history", "--ledger", "good.yml"], 69, "the file '"), (["history", "--pipeline", "empty.yml"], 78, "the file is empty"),
            (["explain", "shop/api:v1"], 69, "no.sock"),
        ] as [([String], Int32, String)]
    )
    func aMistakeEndsWithItsExitCodeAndOneClearMessage(arguments: [String], code: Int32, message: String) async throws {
        try await TemporaryDirectory.withOne { directory in
            try directory.write("", to: "empty.yml")
            try directory.write([0x61, 0x3a, 0xff, 0xfe], to: "bytes.yml")
            try directory.write("stages: [{rule: exec, name: check, with: {run: \"true\"}}]", to: "good.yml")
            let outcome = try await hook(arguments, in: directory)
            #expect(outcome.exitCode == code, "\(outcome)")
            #expect(outcome.standardError.contains(message), "\(outcome)")
            #expect(outcome.standardOutput == "", "\(outcome)")
            #expect(!directory.exists(".hook"))
        }
    }

    @Test(arguments: ["hook.yaml", "pipeline.yml", "pipeline.yaml"])
    func aFileThatIsProbablyThePipelineIsNamedAndNotTaken(name: String) async throws {
        try await TemporaryDirectory.withOne { directory in
            try directory.write("stages: [{rule: exec, with: {run: 'touch ran'}}]", to: name)
            let outcome = try await hook(["run"], in: directory)
            #expect(outcome.exitCode == 78, "\(outcome)")
            #expect(
                outcome.standardError
                    == "hook: error: there is no hook.yml or .hook.yml here or in the repository's root; name the pipeline file: here is '\(name)'\n"
            )
            #expect(!directory.exists("ran"))
        }
    }

    @Test func aReportGoesIntoWhatCannotBeReplacedAndThroughASymbolicLink() async throws {
        try await TemporaryDirectory.withOne { directory in
            try directory.write("stages: [{rule: exec, name: check, with: {run: \"true\"}}]", to: "hook.yml")
            try directory.write("old", to: "real.json")
            let script = """
                set -e
                ln -s real.json link.json
                mkfifo pipe
                cat pipe >from-pipe & reader=$!
                echo kept >out.txt
                "$0" run --quiet --json link.json --junit pipe --markdown /dev/null
                wait $reader
                "$0" run --quiet --markdown /dev/stdout >>out.txt
                """
            let outcome = try await runProcess(["sh", "-c", script, Repository.hook], directory: directory.path)
            #expect(outcome.exitCode == 0, "\(outcome)")
            let kinds = try await runProcess(["stat", "-c", "%F", "link.json", "pipe", "/dev/null"], directory: directory.path)
            #expect(kinds.standardOutput == "symbolic link\nfifo\ncharacter special file\n")
            #expect(try directory.text(of: "real.json").hasPrefix("{"))
            #expect(try await JUnitSchema.problems(inFile: directory["from-pipe"]) == [])
            let written = try directory.text(of: "out.txt")
            #expect(written.hasPrefix("kept\n"), "\(written)")
            #expect(written.contains("## ✓ hook: nothing failed"), "\(written)")
        }
    }

    @Test func aReaderThatGoesAwayDoesNotStopTheRun() async throws {
        try await TemporaryDirectory.withOne { directory in
            // What the stage says comes when nobody reads any more.
            let command = "until [ -e gone ]; do sleep 0.01; done; echo done >done"
            try directory.write("stages: [{rule: exec, with: {run: \"\(command)\"}}]", to: "hook.yml")
            let script = "{ \"$0\" run --json report.json; echo $? >code; } | { exec <&-; : >gone; }"
            let outcome = try await runProcess(["sh", "-c", script, Repository.hook], directory: directory.path)
            #expect(try directory.text(of: "code") == "0\n", "\(outcome)")
            #expect(try directory.text(of: "done") == "done\n")
            #expect(try directory.text(of: "report.json").hasSuffix("}\n"))
        }
    }

    @Test(arguments: [["schema"], ["rules", "list"], ["rules", "show", "prune"], ["validate"], ["run"], ["run", "--format", "json"]])
    func whatCannotBeWrittenToStandardOutputIsNoSuccess(arguments: [String]) async throws {
        try await TemporaryDirectory.withOne { directory in
            try directory.write("stages: [{rule: exec, with: {run: 'true'}}]", to: "hook.yml")
            let command = ["sh", "-c", "exec \"$0\" \"$@\" >/dev/full", Repository.hook] + arguments
            let outcome = try await runProcess(command, directory: directory.path)
            #expect(outcome.exitCode == 69, "\(outcome)")
            #expect(
                outcome.standardError.hasSuffix("hook: error: standard output cannot be written: No space left on device\n"),
                "\(outcome)"
            )
        }
    }

    @Test func aPipeThatTakesNoMoreForNowIsWaitedFor() async throws {
        try await TemporaryDirectory.withOne { directory in
            let script = """
                import array, fcntl, json, os, subprocess, sys, termios
                reader, writer = os.pipe()
                size = fcntl.fcntl(writer, 1031, 4096)
                os.set_blocking(writer, False)
                process = subprocess.Popen([sys.argv[1], "schema"], stdout=writer)
                os.close(writer)
                count = array.array("i", [0])
                while count[0] < size and process.poll() is None: fcntl.ioctl(reader, termios.FIONREAD, count)
                json.load(os.fdopen(reader))
                sys.exit(process.wait())
                """
            let outcome = try await runProcess(["python3", "-c", script, Repository.hook], directory: directory.path)
            #expect(outcome.exitCode == 0, "\(outcome)")
        }
    }

    @Test func theVerdictAndTheJSONReportKnowOfAReportThatCannotBeWritten() async throws {
        try await TemporaryDirectory.withOne { directory in
            try directory.write("stages: [{rule: exec, with: {run: 'true'}}]", to: "hook.yml")
            let outcome = try await hook(["run", "--json", "report.json", "--junit", "/dev/full"], in: directory)
            #expect(outcome.exitCode == 69, "\(outcome)")
            #expect(
                outcome.standardOutput.hasSuffix(
                    "! not everything could be carried out (exit code 69): a report could not be written, as standard error says\n"
                ),
                "\(outcome)"
            )
            #expect(
                outcome.standardError.hasSuffix("hook: error: the report '/dev/full' cannot be written: No space left on device\n"),
                "\(outcome)"
            )
            #expect(try directory.text(of: "report.json").contains("\"exitCode\": 69"))
        }
    }

    @Test(arguments: [["run"], ["schema"]]) func aClosedStandardOutputIsNobodyElses(arguments: [String]) async throws {
        try await TemporaryDirectory.withOne { directory in
            try directory.write("stages: [{rule: exec, with: {run: 'touch ran', images: []}}]", to: "hook.yml")
            let command = ["sh", "-c", "exec \"$0\" \"$@\" >&-", Repository.hook] + arguments
            let outcome = try await runProcess(command, directory: directory.path)
            #expect(outcome.exitCode == 69, "\(outcome)")
            #expect(outcome.standardError.hasSuffix("hook: error: standard output cannot be written: Bad file descriptor\n"), "\(outcome)")
            let all = ["sh", "-c", "exec \"$0\" run --json report.json <&- >&- 2>&-", Repository.hook]
            let silent = try await runProcess(all, directory: directory.path)
            #expect(silent.exitCode == 69, "\(silent)")
            #expect(try directory.text(of: "report.json").contains("\"exitCode\": 69"))
            #expect(directory.exists("ran"))
        }
    }

    @Test func aDirectoryThatHasNoNameInUTF8IsSaid() async throws {
        try await TemporaryDirectory.withOne { directory in
            let script = "d=$(printf 'a\\377b'); mkdir \"$d\"; cd \"$d\"; echo 'stages: []' >hook.yml; exec \"$0\" run"
            let outcome = try await runProcess(["sh", "-c", script, Repository.hook], directory: directory.path)
            #expect(outcome.exitCode == 78, "\(outcome)")
            #expect(
                outcome.standardError
                    == "hook: error: this directory cannot be looked into: its name is not UTF-8, or it is gone; run hook in another\n"
            )
        }
    }

    @Test(arguments: ["a stream", "a place", "standard output"]) func everyReportKnowsOfWhatCannotBeWritten(what: String) async throws {
        try await TemporaryDirectory.withOne { directory in
            let command = what == "a place" ? "mkdir late.json" : "true"
            try directory.write("stages: [{rule: exec, with: {run: '\(command)', images: []}}]", to: "hook.yml")
            let reports = "--html r.html --junit r.xml --markdown r.md --metrics r.prom --json "
            let last =
                switch what {
                case "a stream": "/dev/full"
                case "a place": "late.json"
                default: "r.json >/dev/full"
                }
            let outcome = try await runProcess(
                ["sh", "-c", "exec \"$0\" run \(reports)\(last)", Repository.hook],
                directory: directory.path
            )
            #expect(outcome.exitCode == 69, "\(outcome)")
            #expect(try directory.text(of: "r.prom").contains("\nhook_run_exit_code{pipeline=\"hook\"} 69\n"))
            for name in ["r.html", "r.md"] {
                #expect(!(try directory.text(of: name).contains("nothing failed")), "\(name)")
                #expect(try directory.text(of: name).contains("not everything could be carried out"), "\(name)")
            }
            if what == "standard output" { #expect(try directory.text(of: "r.json").contains("\"exitCode\": 69")) }
            #expect(try directory.text(of: "r.xml").hasSuffix("</testsuites>\n"))
            let left = try await runProcess(["find", ".", "-name", "*.tmp"], directory: directory.path)
            #expect(left.standardOutput == "")
        }
    }

    /// A pipeline, and what 'hook validate' says of the address in it.
    @Test(
        arguments: [
            ("registry-gc", "root: r, registry: 'htp://x'", "registry", "htp://x"),
            ("registry-gc", "root: r, registry: '::::'", "registry", "::::"),
            ("registry-delete", "root: r, images: [a], registry: 'ftp://x'", "registry", "ftp://x"),
            ("registry-retention", "keep-last: 3, registry: 'registry:99999'", "registry", "registry:99999"),
            ("guard-tags", "images: [a], registry: '${WHERE}'", "registry", "registry.local/shop"),
        ]
    )
    func aRegistryThatIsNoneIsRefusedBeforeAnythingRuns(rule: String, settings: String, key: String, text: String) async throws {
        try await TemporaryDirectory.withOne { directory in
            let pipeline = """
                variables: { WHERE: registry.local/shop }
                stages:
                  - { rule: exec, with: { run: 'touch ran', images: [] } }
                  - { rule: \(rule), with: { \(settings) } }
                """
            try directory.write(pipeline, to: "hook.yml")
            let line = pipeline.split(separator: "\n")[3]
            let column = try #require(line.firstRange(of: "\(key): '")).upperBound.utf16Offset(in: line)
            for command in ["validate", "run"] {
                let outcome = try await hook([command], in: directory)
                #expect(outcome.exitCode == 78, "\(outcome)")
                #expect(
                    outcome.standardError.hasPrefix(
                        "hook.yml:4:\(column): error: 'registry' must be the name of a registry such as registry.local:5000, which may have "
                            + "http:// or https:// in front, not '\(text)'\n"
                    ),
                    "\(outcome)"
                )
            }
            #expect(!directory.exists("ran"))
        }
    }

    @Test(
        arguments: [
            ("/nope/d.sock", "names no kind of connection; did you mean 'unix:///nope/d.sock'?"), ("tcp://", "names no host"),
            ("tcp://a:99999", "has no port between 1 and 65535 behind its colon"),
            ("unix://nope", "has no absolute path; write it as 'unix:///var/run/docker.sock'"),
        ]
    )
    func anEngineThatIsNoneIsRefusedBeforeAnythingRuns(host: String, reason: String) async throws {
        try await TemporaryDirectory.withOne { directory in
            for written in [host, "${HOST}"] {
                try directory.write(
                    "docker: { host: \"\(written)\" }\nstages: [{rule: exec, with: {run: 'touch ran', images: []}}]\n",
                    to: "hook.yml"
                )
                for command in ["validate", "run"] {
                    let outcome = try await hook([command], in: directory, variables: ["HOST": host])
                    #expect(outcome.exitCode == 78, "\(outcome)")
                    #expect(
                        outcome.standardError.hasPrefix("hook.yml:1:17: error: 'host' is '\(host)', which \(reason)\n"),
                        "\(outcome)"
                    )
                }
            }
            #expect(!directory.exists("ran"))
        }
    }

    @Test func anEngineToSpareImagesForThatIsNoneIsRefused() async throws {
        try await TemporaryDirectory.withOne { directory in
            try directory.write(
                "stages: [{rule: registry-retention, with: {registry: 'a:5000', keep-last: 3, protect-running: [default, build2]}}]",
                to: "hook.yml"
            )
            let good = try await hook(["validate"], in: directory)
            #expect(good.exitCode == 0, "\(good)")
            let settings = ["registry=a:5000", "keep-last=3", "protect-running=/d.sock"]
            let bad = try await hook(["rules", "run", "registry-retention"] + settings, in: directory)
            #expect(bad.exitCode == 78, "\(bad)")
            #expect(
                bad.standardError.contains(
                    "'protect-running' names '/d.sock', which names no kind of connection; did you mean 'unix:///d.sock'?"
                ),
                "\(bad)"
            )
        }
    }

    @Test func execWithoutTagsToCompareAsksNoEngine() async throws {
        try await TemporaryDirectory.withOne { directory in
            try directory.write("stages: [{rule: exec, with: {run: 'true', images: []}}]", to: "hook.yml")
            let outcome = try await hook(["run", "--verbose"], in: directory)
            #expect(outcome.exitCode == 0, "\(outcome)")
            #expect(!outcome.standardOutput.contains("not-compared"), "\(outcome)")
        }
    }

    @Test func mistakesOfRulesWithoutSettingsStandEachAtItsStage() async throws {
        try await TemporaryDirectory.withOne { directory in
            try directory.write("stages:\n  - {rule: exec, name: a}\n  - {rule: exec, name: b}\n", to: "hook.yml")
            let outcome = try await hook(["validate"], in: directory)
            #expect(outcome.exitCode == 78, "\(outcome)")
            for line in [2, 3] {
                #expect(outcome.standardError.contains("hook.yml:\(line):12: error: exec needs 'run' or 'command'\n"), "\(outcome)")
            }
        }
    }

    @Test func anEngineThatCannotBeReachedFailsItsStageWithWholeReports() async throws {
        try await TemporaryDirectory.withOne { directory in
            try directory.write("stages: [{rule: track-tags}, {rule: prune}]", to: "hook.yml")
            let arguments = ["run", "--junit", "build/junit.xml", "--json", "build/report.json"]
            let outcome = try await hook(arguments, in: directory)
            #expect(outcome.exitCode == 69, "\(outcome)")
            #expect(try await JUnitSchema.problems(inFile: directory["build/junit.xml"]) == [])
            let junit = try directory.text(of: "build/junit.xml")
            #expect(junit.contains("engine-unreachable"))
            #expect(junit.contains("an earlier stage failed"))
            #expect(try directory.text(of: "build/report.json").hasSuffix("}\n"))
            let left = try await runProcess(["ls", directory["build"]])
            #expect(left.standardOutput == "junit.xml\nreport.json\n", "a temporary file is left")
        }
    }

    @Test func aReportIsWrittenWhereAStageClearedItsDirectoryAway() async throws {
        try await TemporaryDirectory.withOne { directory in
            let pipeline = """
                reports: {junit: build/a/hook.xml, json: build/hook.json}
                stages: [{rule: exec, with: {run: "rm -rf build; mkdir build"}}]
                """
            try directory.write(pipeline, to: "hook.yml")
            let run = try await runProcess([Repository.hook, "run"], directory: directory.path)
            #expect(run.exitCode == 0, "\(run)")
            #expect(run.standardError == "")
            #expect(try directory.text(of: "build/a/hook.xml").hasSuffix("</testsuites>\n"))
            #expect(try directory.text(of: "build/hook.json").hasSuffix("}\n"))
            let left = try await runProcess(["find", ".", "-name", "*.tmp"], directory: directory.path)
            #expect(left.standardOutput == "")
        }
    }

    @Test func aSignalBetweenTheWorkAndTheReportsDoesNotLoseThem() async throws {
        try await TemporaryDirectory.withOne { directory in
            try directory.write("stages: [{rule: exec, with: {run: 'true'}}]", to: "hook.yml")
            let script = "\(Repository.root)/Tests/EndToEndTests/Fixtures/slow-reader.py"
            let run = try await runProcess(["python3", script, Repository.hook], directory: directory.path)
            #expect(run.exitCode == 0, "\(run)")
            #expect(try directory.text(of: "hook.xml").hasSuffix("</testsuites>\n"))
        }
    }

    @Test func execRunsInThePipelinesDirectoryAndItsExitCodeCounts() async throws {
        try await TemporaryDirectory.withOne { directory in
            try directory.write("stages: [{rule: exec, with: {run: 'pwd > where; exit 3'}}]", to: "deep/hook.yml")
            let outcome = try await hook(["run", "deep/hook.yml"], in: directory)
            #expect(outcome.exitCode == 1, "\(outcome)")
            #expect(try directory.text(of: "deep/where").hasSuffix("/deep\n"))
            let dry = try await hook(["run", "deep/hook.yml", "--dry-run"], in: directory)
            #expect(dry.exitCode == 0, "\(dry)")
        }
    }

    /// The printed command is typed as it is, in the directory in which it was printed.
    @Test(
        arguments: [
            // The pipeline file as it was named, and what the command names before '--apply'.
            ("pr.yml", ""), ("sub/pr.yml", ""), ("../elsewhere/pr.yml", " ../elsewhere/pr.yml"), ("", ""),
        ]
    )
    func theCommandThatAPlanPrintsWorksBesideAnotherPipelineFile(file: String, named: String) async throws {
        try await TemporaryDirectory.withOne { directory in
            let here = try directory.makeDirectory("here")
            try directory.write("stages: [{rule: exec, with: {run: 'touch ran'}}]", to: file.isEmpty ? "here/hook.yml" : "here/\(file)")
            if !file.isEmpty { try directory.write("stages: [{rule: prune}]", to: "here/hook.yml") }
            let planned = try await runProcess(
                [Repository.hook, "run", "--plan", "plan.json"] + (file.isEmpty ? [] : [file]),
                directory: here
            )
            #expect(planned.exitCode == 0, "\(planned)")
            let command = "hook run\(named) --apply plan.json"
            #expect(planned.standardOutput.hasSuffix(": \(command) carries out its 1 change\n"), "\(planned)")
            let typed = try await runProcess(
                ["/bin/sh", "-c", command.replacing("hook run", with: "\(Repository.hook) run")],
                directory: here
            )
            #expect(typed.exitCode == 0, "\(typed)")
            #expect(typed.standardError == "")
            let place = file.isEmpty ? "here" : "here/" + file.dropLast("pr.yml".count)
            #expect(directory.exists("\(place)/ran"))
        }
    }

    @Test func aPlanOfAnotherFileOfTheRepositoryIsTakenUnnamedAndOneOfAnotherRepositoryIsNot() async throws {
        try await TemporaryDirectory.withOne { directory in
            let pipeline = "stages: [{rule: exec, with: {run: 'touch ran'}}]"
            try directory.write("stages: [{rule: prune}]", to: "a/hook.yml")
            for path in ["a/nightly/pr.yml", "a/inner/pr.yml"] { try directory.write(pipeline, to: path) }
            for path in ["a/.git", "a/inner/.git", "a/sub"] { try directory.makeDirectory(path) }
            for path in ["a/nightly", "a/inner"] {
                let planned = try await runProcess([Repository.hook, "run", "pr.yml", "--plan", "plan.json"], directory: directory[path])
                try #require(planned.exitCode == 0, "\(planned)")
            }
            func apply(_ plan: String) async throws -> ProcessOutcome {
                try await runProcess([Repository.hook, "run", "--apply", plan], directory: directory["a/sub"])
            }
            let taken = try await apply("../nightly/plan.json")
            #expect(taken.exitCode == 0, "\(taken)")
            #expect(
                taken.standardError
                    == "hook: the plan '../nightly/plan.json' is of '\(directory["a/nightly/pr.yml"])', which is not in this directory and is taken\n"
            )
            #expect(directory.exists("a/nightly/ran"))
            let refused = try await apply("../inner/plan.json")
            #expect(refused.exitCode == 78, "\(refused)")
            #expect(
                refused.standardError
                    == "hook: error: the plan '../inner/plan.json' is of '\(directory["a/inner/pr.yml"])', and here is '\(directory["a/hook.yml"])': "
                    + "name the one that is meant, as in hook run \(directory["a/inner/pr.yml"]) --apply ../inner/plan.json\n"
            )
            #expect(!directory.exists("a/inner/ran"))
        }
    }

    @Test func aPlanWhosePipelineFileIsGoneIsCarriedOutByTheFileThatIsNamed() async throws {
        try await TemporaryDirectory.withOne { directory in
            try directory.write("stages: [{rule: exec, with: {run: 'touch ran'}}]", to: "pr.yml")
            let planned = try await hook(["run", "pr.yml", "--plan", "plan.json"], in: directory)
            try #require(planned.exitCode == 0, "\(planned)")
            let moved = try await runProcess(["mv", "pr.yml", "hook.yml"], directory: directory.path)
            try #require(moved.exitCode == 0, "\(moved)")
            let refused = try await hook(["run", "--apply", "plan.json"], in: directory)
            #expect(refused.exitCode == 78, "\(refused)")
            #expect(
                refused.standardError
                    == "hook: error: the plan 'plan.json' is of '\(directory["pr.yml"])', which is not there any more, and here is 'hook.yml': name "
                    + "the one that is meant, as in hook run hook.yml --apply plan.json\n"
            )
            #expect(!directory.exists("ran"))
            let named = try await hook(["run", "hook.yml", "--apply", "plan.json"], in: directory)
            #expect(named.exitCode == 0, "\(named)")
            #expect(directory.exists("ran"))
        }
    }

    @Test(
        arguments: [
            ([], ""), (["--dry-run"], "run without --dry-run to carry the other stages out; "),
            (["--plan", "plan.json"], "hook run --apply plan.json carries out its 1 change; "),
        ] as [([String], String)]
    )
    func aStageThatIsADryRunByTheFileIsNamedAtTheEnd(arguments: [String], before: String) async throws {
        try await TemporaryDirectory.withOne { directory in
            let stage = "{rule: exec, name: cleanup, dry-run: true, with: {run: 'touch cleaned'}}"
            try directory.write("stages: [{rule: exec, with: {run: 'touch ran'}}, \(stage)]", to: "hook.yml")
            let outcome = try await hook(["run"] + arguments, in: directory)
            #expect(outcome.exitCode == 0, "\(outcome)")
            let note = "the stage 'cleanup' changes nothing before its 'dry-run: true' is taken out of hook.yml\n"
            #expect(outcome.standardOutput.hasSuffix("✓ nothing failed (exit code 0): \(before)\(note)"), "\(outcome)")
            #expect(!directory.exists("cleaned"))
        }
    }

    @Test func theSchemaIsJSONAndTheExamplesAreValid() async throws {
        try await TemporaryDirectory.withOne { directory in
            let schema = try await hook(["schema"], in: directory)
            #expect(schema.exitCode == 0)
            try directory.write(schema.standardOutput, to: "schema.json")
            let parsed = try await runProcess(["python3", "-m", "json.tool", directory["schema.json"]])
            #expect(parsed.exitCode == 0, "\(parsed)")
            let names = ["-name", "pipeline.yml", "-o", "-name", "hook.yml", "-o", "-name", "nightly.yml"]
            let found = try await runProcess(["find", "\(Repository.root)/examples"] + names)
            for file in found.standardOutput.split(separator: "\n") {
                let outcome = try await hook(
                    ["validate", String(file)],
                    in: directory,
                    variables: ["IMAGE": "shop/api:v1", "REGISTRY": "http://127.0.0.1:5000"]
                )
                #expect(outcome.exitCode == 0, "\(outcome)")
            }
        }
    }
}
