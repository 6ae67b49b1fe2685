import Foundation
import HookTesting
import Testing

/// The manual page that `ci/manual` makes of what the built program says of itself.
@Suite(.timeLimit(.minutes(15))) struct ManualTests {
    /// What ArgumentParser knows of a program.
    private struct Description: Decodable {
        let command: Command
    }

    private struct Command: Decodable {
        let commandName: String
        let abstract: String?
        let shouldDisplay: Bool
        let arguments: [Argument]?
        let subcommands: [Command]?
    }

    private struct Argument: Decodable {
        struct Name: Decodable {
            let kind: String
            let name: String
        }
        let kind: String
        let names: [Name]?
        let valueName: String
        let shouldDisplay: Bool
    }

    private func page() async throws -> String {
        let outcome = try await runProcess(["\(Repository.root)/ci/manual", "--hook", Repository.hook, "--date", "1700000000"])
        try #require(outcome.exitCode == 0, "\(outcome)")
        return outcome.standardOutput
    }

    /// The commands below one, each with its path.
    private func commands(below command: Command, _ path: [String]) -> [(path: [String], command: Command)] {
        (command.subcommands ?? []).filter { $0.shouldDisplay && $0.commandName != "help" }.flatMap { child in
            let path = path + [child.commandName]
            return [(path, child)] + commands(below: child, path)
        }
    }

    @Test func everyCommandOptionArgumentAndRuleIsInIt() async throws {
        let page = try await page()
        let help = try await runProcess([Repository.hook, "--experimental-dump-help"])
        let root = try JSONDecoder().decode(Description.self, from: Data(help.outputBytes)).command
        let commands = commands(below: root, ["hook"])
        #expect(commands.count >= 11)
        let sections = page.components(separatedBy: "\n.Ss ")
        for (path, command) in commands {
            let heading = path.map { "\"\($0)\"" }.joined(separator: " ")
            let section = try #require(sections.first { $0.hasPrefix(heading + "\n") }, "\(path) has no section")
            // As it is read, without what the language of manual pages asks for.
            let text = section.replacing("\\-", with: "-").replacing("\\&", with: "").split(whereSeparator: \.isWhitespace).joined(
                separator: " "
            )
            #expect(text.contains(try #require(command.abstract)), "\(path)")
            for argument in command.arguments ?? [] where argument.shouldDisplay && !["version", "help"].contains(argument.valueName) {
                if argument.kind == "positional" {
                    #expect(text.contains(".It Ar \"\(argument.valueName)\""), "\(path): \(argument.valueName)")
                }
                for name in argument.names ?? [] {
                    let flag = name.kind == "long" ? "Fl -\(name.name)" : "Fl \(name.name)"
                    #expect(text.contains(flag + " ") && text.contains(".It Fl "), "\(path): \(name.name)")
                }
            }
        }
        let rules = try await runProcess([Repository.hook, "rules", "list"])
        for line in rules.standardOutput.split(separator: "\n") {
            let name = try #require(line.split(separator: " ").first).replacing("-", with: "\\-")
            #expect(page.contains("\n.It Cm \(name)\n"), "\(name)")
        }
    }

    @Test func theSectionsThatAReaderLooksForAreThere() async throws {
        let page = try await page()
        let sections = page.split(separator: "\n").filter { $0.hasPrefix(".Sh ") }.map { $0.dropFirst(4) }
        #expect(
            sections == [
                "NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "RULES", "ENVIRONMENT", "FILES", "EXIT STATUS", "EXAMPLES", "SEE ALSO",
            ]
        )
        #expect(page.contains("\n.Dd November 14, 2023\n"))
        for code in [0, 1, 64, 69, 70, 75, 78, 130] { #expect(page.contains("\n.It \(code)\n")) }
        #expect(!page.contains("@"))
    }

    @Test func mandocAndGroffHaveNothingToComplainOf() async throws {
        try await TemporaryDirectory.withOne { directory in
            try directory.write(try await page(), to: "hook.1")
            // Those of them that are here.
            for judge in [["mandoc", "-Tlint", "-Wwarning"], ["groff", "-mdoc", "-Tutf8", "-ww", "-z"]] {
                let found = try await runProcess(["sh", "-c", "command -v \(judge[0]) || true"])
                guard !found.standardOutput.isEmpty else { continue }
                let outcome = try await runProcess(judge + ["hook.1"], directory: directory.path)
                #expect(outcome.exitCode == 0 && outcome.standardOutput == "" && outcome.standardError == "", "\(judge[0]): \(outcome)")
            }
        }
    }
}
