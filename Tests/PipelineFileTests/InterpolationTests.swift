import HookKit
import PipelineFile
import Testing

@Suite struct InterpolationTests {
    /// The first stage's settings as JSON, with `keep-last` and the like in the place of `settings`.
    private func settings(_ text: PipelineText) throws -> JSONValue {
        try #require(try text.pipeline().stages[0].settings).json
    }

    @Test(arguments: [
        ("${A}", "1"), ("x${A}y${B}z", "x1yz"), ("${B}", ""), ("${A:-2}", "1"), ("${B:-2}", "2"), ("${C:-2}", "2"), ("${C:-}", ""),
        ("${C:-${A}}", "1"), ("${C:-a${B:-${A}}c}", "a1c"), ("${A:?no}", "1"), ("${C:-a b:c}", "a b:c"), ("${C:-$$}", "$"),
        ("${C:-$}", "$"),
        ("$$", "$"), ("$${A}", "${A}"), ("$$$${A}", "$${A}"), ("$$${A}", "$1"), ("$", "$"), ("$A", "$A"), ("a$", "a$"), ("$ {A}", "$ {A}"),
        ("a}b", "a}b"), ("${A}}", "1}"), ("{}", "{}"), ("${C:-{}}", "{}"), ("${_a1}", "under"), ("ä${A}🐳", "ä1🐳"), ("$1", "$1"),
        ("$$$", "$$"),
    ])
    func textIsPutTogether(written: String, expected: String) throws {
        let environment = ["A": "1", "B": "", "_a1": "under"]
        for style in ["'\(written)'", "\"\(written)\"", "|-\n  \(written)"] {
            let text = "name: \(style)\nstages: [{rule: prune, with: {labels: {l: x}}}]\n"
            let draft = try PipelineLoader(settings: [:], environment: environment, workingDirectory: "/").parse(
                Array(text.utf8),
                file: "p.yml"
            )
            if expected.isEmpty {
                #expect(draft.diagnostics.map(\.message) == ["'name' must be a text, not an empty text"])
            } else {
                #expect(draft.diagnostics == [])
                #expect(draft.name == expected)
            }
        }
    }

    @Test(
        arguments: [
            ("keep-last: ${N}", JSONValue.object([.init("keep-last", "3")])), ("keep-last: '${N}'", ["keep-last": "3"]),
            ("keep-last: \"${NONE:-3}\"", ["keep-last": "3"]), ("dangling: ${YES}", ["dangling": "true"]),
            ("older-than: ${N}h", ["older-than": "3h"]),
            ("keep-bytes: >-\n        ${N}GB", ["keep-bytes": "3GB"]), ("images: ['shop/${NAME}:*']", ["images": ["shop/api:*"]]),
            ("images: ${LIST}", ["images": "a,b:*"]), ("labels: {stage: '${N}'}", ["labels": ["stage": "3"]]),
        ] as [(String, JSONValue)]
    )
    func interpolatedScalarIsReadByItsSettingsType(written: String, expected: JSONValue) throws {
        let environment = ["N": "3", "YES": "true", "NAME": "api", "LIST": "a,b:*"]
        #expect(try settings(PipelineText("stages:\n  - rule: prune\n    with:\n      \(written)\n", environment: environment)) == expected)
    }

    @Test func keysAreNotInterpolated() throws {
        let text = PipelineText("stages: [{rule: prune, with: {labels: {'${A}': x}}}]", environment: ["A": "b"])
        #expect(try settings(text) == ["labels": ["${A}": "x"]])
    }

    @Test func textThatComesInIsNeverParsed() throws {
        let hostile = "x'\n, other: *a # ${HOME} $$ [1, 2] {a: b}"
        let text = PipelineText(
            "stages: [{rule: prune, with: {labels: {l: '${A}', m: '${B}'}}}]",
            settings: ["A": hostile],
            environment: ["B": hostile]
        )
        .withVariables("A: 1, B2: 2")
        #expect(try settings(text) == ["labels": ["l": .string(hostile), "m": .string(hostile)]])
    }

    @Test(
        arguments: [
            ("from the environment", "", [:], ["A": "env"], "env"), ("from the file", "A: file", [:], ["A": "env"], "file"),
            ("from the command line", "A: file", ["A": "set"], ["A": "env"], "set"),
            ("not in the file", "", ["A": "set"], ["A": "env"], "set"),
            ("a number as it is written", "A: 0x10", [:], [:], "0x10"), ("a boolean as it is written", "A: True", [:], [:], "True"),
            ("a variable in a variable", "B: '${C}!', C: '${D}', A: '${B}', D: deep", [:], [:], "deep!"),
            ("the environment in a variable", "A: '${HOME}/x'", [:], ["HOME": "/root"], "/root/x"),
            ("the command line in a variable", "A: '${B}', B: file", ["B": "set"], [:], "set"),
            ("its own name is the environment's", "A: '${A:-none}'", [:], ["A": "env"], "env"),
            ("its own name without the environment", "A: '${A:-none}'", [:], [:], "none"),
            ("replaced although it is wrong", "A: '${B:?must be given}'", ["A": "set"], [:], "set"),
            ("dollars in a variable are text afterwards", "A: '$${HOME}'", [:], ["HOME": "/root"], "${HOME}"),
        ] as [(String, String, [String: String], [String: String], String)]
    )
    func valueComesFromTheRightPlace(
        name: String,
        variables: String,
        settings: [String: String],
        environment: [String: String],
        expected: String
    ) throws {
        let text = PipelineText("name: 'v ${A}'\nstages: [{rule: prune}]", settings: settings, environment: environment)
        #expect(try text.withVariables(variables).pipeline().name == "v \(expected)")
    }

    @Test(arguments: [
        PipelineText("name: ▲${A}\nstages: [{rule: prune}]", "the variable 'A' is not set"),
        PipelineText("name: x ▲${A}y\nstages: [{rule: prune}]", "the variable 'A' is not set"),
        PipelineText(
            "name: 'it''s ä $$ ▲${A} ▲${B}'\nstages: [{rule: prune}]",
            "the variable 'A' is not set",
            "the variable 'B' is not set"
        ),
        PipelineText(
            "name: \"\\t ▲${A} \\\"▲${B}\"\nstages: [{rule: prune}]",
            "the variable 'A' is not set",
            "the variable 'B' is not set"
        ),
        PipelineText("name: ▲\"\\x24 ${A}\"\nstages: [{rule: prune}]", "the variable 'A' is not set"),
        PipelineText("name: &a ▲${A}\nstages: [{rule: prune}]", "the variable 'A' is not set"),
        PipelineText("name: one\n  two ▲${A}\nstages: [{rule: prune}]", "the variable 'A' is not set"),
        PipelineText("name: |\n  one\n  two ▲${A}\nstages: [{rule: prune}]", "the variable 'A' is not set"),
        PipelineText("name: ▲|  # costs $1\n  two ${A}\nstages: [{rule: prune}]", "the variable 'A' is not set"),
        PipelineText(
            "name: ▲${KEPE}\nstages: [{rule: prune}]\nvariables: {KEEP: 1}",
            "the variable 'KEPE' is not set; did you mean 'KEEP'?"
        ),
        PipelineText(
            "name: ▲${HOMME}\nstages: [{rule: prune}]",
            "the variable 'HOMME' is not set; did you mean 'HOME'?",
            environment: ["HOME": "/"]
        ),
        PipelineText("name: ▲${A:?}\nstages: [{rule: prune}]", "the variable 'A' is not set"),
        PipelineText("name: ▲${A:?give a number}\nstages: [{rule: prune}]", "the variable 'A' is not set: give a number"),
        PipelineText(
            "name: ▲${A:?give a ${B:-number}}\nstages: [{rule: prune}]",
            "the variable 'A' is empty: give a number",
            environment: ["A": ""]
        ),
        PipelineText("name: ${A:-▲${B}}\nstages: [{rule: prune}]", "the variable 'B' is not set"),
        PipelineText("name: a ▲${A\nstages: [{rule: prune}]", "'${A' has no '}'; write '$$' for a '$' that stands for itself"),
        PipelineText("name: ▲${A:-${B}\nstages: [{rule: prune}]", "'${A' has no '}'; write '$$' for a '$' that stands for itself"),
        PipelineText(
            "name: ▲${}\nstages: [{rule: prune}]",
            "'${}' is not understood; write ${NAME}, ${NAME:-default} or ${NAME:?message}, and $$ for a '$' itself"
        ),
        PipelineText(
            "name: ▲${\nstages: [{rule: prune}]",
            "'${' is not understood; write ${NAME}, ${NAME:-default} or ${NAME:?message}, and $$ for a '$' itself"
        ),
        PipelineText(
            "name: $$ ▲${A-b}\nstages: [{rule: prune}]",
            "'${A-b}' is not understood; write ${NAME}, ${NAME:-default} or ${NAME:?message}, and $$ for a '$' itself"
        ),
        PipelineText(
            "name: ▲${A:+b}\nstages: [{rule: prune}]",
            "'${A:+b}' is not understood; write ${NAME}, ${NAME:-default} or ${NAME:?message}, and $$ for a '$' itself"
        ),
        PipelineText(
            "name: ▲${1A}\nstages: [{rule: prune}]",
            "'${1A}' is not understood; write ${NAME}, ${NAME:-default} or ${NAME:?message}, and $$ for a '$' itself"
        ),
        PipelineText(
            "name: ▲${${A}}\nstages: [{rule: prune}]",
            "'${${A}' is not understood; write ${NAME}, ${NAME:-default} or ${NAME:?message}, and $$ for a '$' itself"
        ),
        PipelineText(
            "name: ▲${a very long name that nobody would want to read in full}\nstages: [{rule: prune}]",
            "'${a very long name that nobody would ...' is not understood; write ${NAME}, ${NAME:-default} or ${NAME:?message}, and $$ for a '$' itself"
        ),
        PipelineText(
            "name: ${A} ▲${UNKN} ▲${A-$x} ▲${} ${A:-▲${A+}} ▲${B\nstages: [{rule: prune}]",
            "the variable 'UNKN' is not set",
            "'${A-$x}' is not understood; write ${NAME}, ${NAME:-default} or ${NAME:?message}, and $$ for a '$' itself",
            "'${}' is not understood; write ${NAME}, ${NAME:-default} or ${NAME:?message}, and $$ for a '$' itself",
            "'${A+}' is not understood; write ${NAME}, ${NAME:-default} or ${NAME:?message}, and $$ for a '$' itself",
            "'${B' has no '}'; write '$$' for a '$' that stands for itself",
            environment: ["A": "1"]
        ),
        PipelineText("variables: {A: '▲${A}'}\nstages: [{rule: prune}]", "the variable 'A' is not set"),
        PipelineText("variables: {A: '${B}', B: '▲${A}'}\nstages: [{rule: prune}]", "the variable 'A' depends on itself: A -> B -> A"),
        PipelineText(
            "variables: {A: '${B}', B: '${C}', C: 'x▲${B:-y}'}\nname: ${A}${C}\nstages: [{rule: prune}]",
            "the variable 'B' depends on itself: B -> C -> B"
        ),
        PipelineText("variables: {ALPHA: '▲${X}'}\nname: ${ALPHA}\nstages: [{rule: prune}]", "the variable 'X' is not set"),
        PipelineText(
            "stages: [{rule: prune, with: {keep-last: '▲${X}', older-than: '${X:-▲${Y}}'}}]",
            "the variable 'X' is not set",
            "the variable 'Y' is not set"
        ),
        PipelineText("stages: [{rule: '▲${X}'}]", "the variable 'X' is not set"),
        PipelineText("x-k: &k '▲${X}'\nstages: [{rule: prune, with: {keep-last: *k, older-than: *k}}]", "the variable 'X' is not set"),
        PipelineText(
            "stages: [{rule: prune, with: {keep-last: ▲'${N}'}}]",
            "'keep-last' must be a whole number, 0 or more, not 'many'",
            environment: ["N": "many"]
        ),
        PipelineText(
            "stages: [{rule: prune, timeout: '▲${X}', dry-run: '▲${X}', when: {branch: '▲${X}', env: {A: '▲${X}'}}}]",
            "the variable 'X' is not set",
            "the variable 'X' is not set",
            "the variable 'X' is not set",
            "the variable 'X' is not set"
        ),
    ])
    func mistakeIsReportedAtTheDollar(text: PipelineText) throws {
        try text.expectRefusal()
    }

    @Test(arguments: [
        (["KEP": "1"], ["--set KEP: the pipeline has no variable 'KEP'; did you mean 'KEEP'?"]),
        (["X": "1"], ["--set X: the pipeline has no variable 'X'; valid: BASE, KEEP, USED"]),
        (["USED": "1", "KEEP": "2", "BASE": "3"], []),
    ])
    func valueForNoVariableIsRefused(settings: [String: String], messages: [String]) throws {
        let text = "variables: {KEEP: 1, USED: '${BASE:-1}'}\nstages: [{rule: prune}]\n"
        let loader = PipelineLoader(settings: settings, environment: [:], workingDirectory: "/")
        let draft = try loader.parse(Array(text.utf8), file: "p.yml")
        #expect(draft.diagnostics.map(\.message) == messages)
    }

    @Test func defaultsInDefaultsHaveABound() throws {
        let deep = String(repeating: "${A:-", count: 10_000) + String(repeating: "}", count: 10_000)
        let loader = PipelineLoader(settings: [:], environment: [:], workingDirectory: "/")
        let draft = try loader.parse(Array("name: '\(deep)'\nstages: [{rule: prune}]\n".utf8), file: "p.yml")
        #expect(draft.diagnostics.map(\.message) == ["more than 16 '${' lie in one another"])
        #expect(draft.diagnostics.map(\.position) == [SourcePosition(line: 1, column: 8 + 16 * 5)])
    }

    @Test func chainsOfVariablesHaveABound() throws {
        let variables = (0..<1000).map { "  A\($0): ${A\($0 + 1)}\n" }.joined() + "  A1000: end\n"
        let loader = PipelineLoader(settings: [:], environment: [:], workingDirectory: "/")
        let draft = try loader.parse(Array("variables:\n\(variables)stages: [{rule: prune}]\n".utf8), file: "p.yml")
        #expect(Set(draft.diagnostics.map(\.message)) == ["more than 64 variables use each other in a row"])
        #expect(draft.diagnostics.first?.position == SourcePosition(line: 65, column: 8))
    }

    @Test func manyMistakesInOneScalarAreFoundInReasonableTime() throws {
        let loader = PipelineLoader(settings: [:], environment: [:], workingDirectory: "/")
        let text = "name: '\(String(repeating: "${NO}", count: 400_000))'\nstages: [{rule: prune}]\n"
        let draft = try loader.parse(Array(text.utf8), file: "p.yml")
        #expect(draft.diagnostics.count == 200)
        #expect(draft.diagnostics.last?.position == SourcePosition(line: 1, column: 8 + 199 * 5))
    }

    @Test func variablesThatDoubleEachOtherEndInOneMessage() throws {
        let variables = (0..<60).map { "  A\($0): ${A\($0 + 1)}${A\($0 + 1)}\n" }.joined() + "  A60: ha\n"
        let loader = PipelineLoader(settings: [:], environment: [:], workingDirectory: "/")
        let draft = try loader.parse(Array("variables:\n\(variables)name: ${A0}\nstages: [{rule: prune}]\n".utf8), file: "p.yml")
        #expect(draft.diagnostics.map(\.message) == ["with every variable in its place, the file has more than 16777216 bytes of text"])
    }
}

extension PipelineText {
    /// The same text with a `variables` key before it.
    func withVariables(_ entries: String) -> PipelineText {
        PipelineText(entries.isEmpty ? marked : "variables: {\(entries)}\n\(marked)", settings: settings, environment: environment)
    }
}
