import CommandRules
import HookKit
import HookTesting
import ImageRules
import RegistryRules
import TagRules
import Testing

/// Runs what every built-in rule's documentation shows.
@Suite struct RuleExamplesTests {
    static let rules: [RegisteredRule] = {
        let plugins: [any RulePlugin.Type] = [TagRules.self, ImageRules.self, RegistryRules.self, CommandRules.self]
        return plugins.flatMap { plugin in plugin.rules.map { RegisteredRule($0, origin: plugin.name) } }
    }()

    @Test(arguments: rules.map(\.name))
    func examplesOfEveryRuleHoldTrue(name: String) async throws {
        let rule = try #require(Self.rules.first { $0.name == name })
        let problems = await RuleExampleSuite(rule).problems()
        #expect(problems == [])
    }
}
