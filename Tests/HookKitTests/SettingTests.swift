import HookKit
import OCI
import Testing

@Suite struct SettingTests {
    enum Mode: String, SettingChoice {
        case fast
        case verySlow = "very-slow"
    }

    struct Sample: Rule {
        static let configuration = RuleConfiguration(name: "sample", abstract: "Sample.")
        @Setting(help: "Images.") var images: [ReferencePattern]
        @Setting(help: "Limit.") var limit: ByteSize = "500MB"
        @Setting(help: "Age.") var olderThan: Duration = .seconds(3600)
        @Setting(help: "Last.") var keepLast: Int?
        @Setting(help: "Mode.") var mode: Mode = .fast
        @Setting(help: "Names.") var names: [String: String] = [:]
        @Setting(help: "Switch.") var isOn: Bool = false
        @Setting(help: "Path.") var path: ConfigPath?

        func validate() throws(RuleValidationError) {
            if isOn, keepLast == nil { throw RuleValidationError("'is-on' needs 'keep-last'", key: "is-on") }
        }
        func run(in context: RuleContext) async throws {
            context.report(
                .passed(
                    subject: "s",
                    type: "t",
                    message: "\(images) \(limit) \(olderThan.settingText) \(keepLast as Int?) \(mode) \(names) \(path?.absolute ?? "-")"
                )
            )
        }
    }

    static let rule = RegisteredRule(Sample.self, origin: "tests")

    private func messages(_ settings: ConfigValue) -> [String] {
        Self.rule.prepare(settings, directory: "/project").diagnostics.map(\.message)
    }

    @Test func theDeclarationIsTheOnlyPlaceOfKeyTypeDefaultAndHelp() {
        #expect(Self.rule.settings.map(\.key) == ["images", "limit", "older-than", "keep-last", "mode", "names", "is-on", "path"])
        #expect(Self.rule.settings.map(\.help) == ["Images.", "Limit.", "Age.", "Last.", "Mode.", "Names.", "Switch.", "Path."])
        #expect(Self.rule.settings.map(\.isRequired) == [true, false, false, false, false, false, false, false])
        #expect(Self.rule.settings.map { $0.defaultValue?.yaml } == [nil, "500MB", "1h", nil, "fast", "{  }", "false", nil])
        #expect(
            Self.rule.settings.map(\.schema.typeName) == [
                "list of patterns", "size", "duration", "number", "fast | very-slow", "mapping to texts", "true or false", "path",
            ]
        )
    }

    @Test func everySettingIsRead() async throws {
        let settings: ConfigValue = [
            "images": ["shop/*"], "limit": "1.5GiB", "older-than": "2d", "keep-last": 3, "mode": "very-slow", "names": ["A": "1"],
            "is-on": true,
            "path": "build/x",
        ]
        let rule = try #require(Self.rule.prepare(settings, directory: "/project").rule)
        #expect(rule.name == "sample")
        #expect(messages(settings) == [])
    }

    @Test func wordsToChooseFromHaveNoPlural() {
        #expect([Mode].schema.typeName == "list of fast | very-slow")
        #expect([String: Bool].schema.typeName == "mapping to true or false")
        #expect([Duration].schema.typeName == "list of durations")
    }

    @Test func eachInstanceHasItsOwnSettings() {
        let first = Self.rule.prepare(["images": ["a"], "limit": "1B"], directory: "/")
        let second = Self.rule.prepare(["images": ["b"]], directory: "/")
        #expect(first.rule != nil)
        #expect(second.rule != nil)
        #expect(Self.rule.settings[1].defaultValue?.yaml == "500MB")
    }

    @Test(
        arguments: [
            ([:], ["sample needs the setting 'images'"]),
            (
                ["images": "shop/*"],
                ["'images' must be a list, each entry a pattern of image references such as 'shop/*' or '*:latest', not 'shop/*'"]
            ),
            (
                ["images": [1, "a b"]],
                [
                    "'images' must be a pattern of image references such as 'shop/*' or '*:latest', not '1'",
                    "'images' must be a pattern of image references such as 'shop/*' or '*:latest', not 'a b': a reference holds no white space",
                ]
            ),
            (["images": [], "limit": 500], ["'limit' must be a size such as 500MB or 1.5GiB, not '500'"]),
            (["images": [], "limit": "500"], ["'limit' must be a size such as 500MB or 1.5GiB, not '500'"]),
            (["images": [], "limit": "-1MB"], ["'limit' must be a size such as 500MB or 1.5GiB, not '-1MB'"]),
            (["images": [], "older-than": "3"], ["'older-than' must be a duration such as 90s, 15m, 24h, 7d or 2w, not '3'"]),
            (["images": [], "older-than": "0"], ["'older-than' must be a duration such as 90s, 15m, 24h, 7d or 2w, not '0'; write '0s'"]),
            (["images": [], "older-than": 0], ["'older-than' must be a duration such as 90s, 15m, 24h, 7d or 2w, not '0'; write '0s'"]),
            (["images": [], "older-than": "1y"], ["'older-than' must be a duration such as 90s, 15m, 24h, 7d or 2w, not '1y'"]),
            (
                ["images": [], "older-than": "99999999999999999999w"],
                ["'older-than' must be a duration such as 90s, 15m, 24h, 7d or 2w, not '99999999999999999999w'"]
            ),
            (["images": [], "keep-last": -1], ["'keep-last' must be a whole number, 0 or more, not '-1'"]),
            (["images": [], "keep-last": "3"], ["'keep-last' must be a whole number, 0 or more, not '3'; take the quotes away"]),
            (["images": [], "keep-last": "-3"], ["'keep-last' must be a whole number, 0 or more, not '-3'"]),
            (["images": [], "is-on": "true"], ["'is-on' must be true or false, not 'true'; take the quotes away"]),
            (["images": [], "keep-last": true], ["'keep-last' must be a whole number, 0 or more, not 'true'"]),
            (["images": [], "mode": "quick"], ["'mode' must be one of fast, very-slow, not 'quick'"]),
            (["images": [], "mode": "very-slwo"], ["'mode' must be one of fast, very-slow, not 'very-slwo'; did you mean 'very-slow'?"]),
            (["images": [], "is-on": "yes"], ["'is-on' must be true or false, not 'yes'"]),
            (["images": [], "names": ["A": 1]], ["'names' must be a text, not '1'; put it in quotes"]),
            (["images": [], "is-on": true], ["'is-on' needs 'keep-last'"]),
            (["images": [], "is-on": true, "keep-lst": 3], ["sample has no setting 'keep-lst'; did you mean 'keep-last'?"]),
            (["images": [], "older-then": "1h"], ["sample has no setting 'older-then'; did you mean 'older-than'?"]),
            (["images": [], "path": ""], ["'path' must be a path, not an empty text"]),
            (["images"], ["'with' must be a mapping of settings, not a list"]),
        ] as [(ConfigValue, [String])]
    )
    func aBadValueIsRefusedWithWhatWouldBeRight(settings: ConfigValue, expected: [String]) { #expect(messages(settings) == expected) }

    @Test func aTextFromTheCommandLineIsReadByItsSettingsType() {
        func text(_ text: String) -> ConfigValue { ConfigValue(.text(text)) }
        let settings = ConfigValue(
            .mapping([
                .init(key: "images", value: text("shop/*,team/*")), .init(key: "keep-last", value: text("3")),
                .init(key: "is-on", value: text("true")),
                .init(key: "limit", value: text("1GB")),
            ])
        )
        #expect(messages(settings) == [])
    }

    @Test(arguments: [
        ("", "'images' is empty"), (",", "'images' is empty"),
        ("[\"shop/*\"]", "'images' is written with commas where it is a text: images=shop/*"),
        ("[\"shop/*\", 'team/*']", "'images' is written with commas where it is a text: images=shop/*,team/*"),
        ("[shop/*,team/*]", "'images' is written with commas where it is a text: images=shop/*,team/*"),
        ("[]", "'images' is empty"),
    ])
    func aTextThatIsNoListOfTheCommandLineIsRefused(text: String, message: String) {
        #expect(messages(ConfigValue(.mapping([.init(key: "images", value: ConfigValue(.text(text)))]))) == [message])
    }

    struct Lists: Rule {
        static let configuration = RuleConfiguration(name: "lists", abstract: "Lists.")
        @Setting(help: "Everything.") var images: [ReferencePattern] = [.everything]
        @Setting(help: "Two.") var modes: [Mode] = [.fast, .verySlow]
        @Setting(help: "None.") var allow: [ReferencePattern] = []
        @Setting(help: "Optional.") var command: [String]?

        func run(in context: RuleContext) async throws {}
    }

    @Test(arguments: [
        ("images", "'images' is empty; left out, it is [\"*\"]"), ("modes", "'modes' is empty; left out, it is [fast, very-slow]"),
        ("allow", "'allow' is empty; left out, it is []"), ("command", "'command' is empty"),
    ])
    func anEmptyTextIsRefusedWithWhatHoldsWhereTheSettingIsLeftOut(key: String, message: String) {
        let settings = ConfigValue(.mapping([.init(key: key, value: ConfigValue(.text("")))]))
        let found = RegisteredRule(Lists.self, origin: "tests").prepare(settings, directory: "/project").diagnostics.map(\.message)
        #expect(found == [message])
    }

    @Test(arguments: ["[st]hop/*", "[a-z]*:v[0-9]", "[a-z]*:v[0-9],[a-z]*:w[0-9]"]) func aSetOfCharactersBeginsNoList(text: String) {
        #expect(messages(ConfigValue(.mapping([.init(key: "images", value: ConfigValue(.text(text)))]))) == [])
    }

    @Test func aNameTakenTwiceIsAnError() throws {
        var registry = RuleRegistry()
        try registry.register(Self.rule)
        #expect(throws: RuleRegistryError(name: "sample", origins: ["tests", "other"])) {
            try registry.register(RegisteredRule(Sample.self, origin: "other"))
        }
    }
}
