import Testing

@testable import Reports

/// The list of rules at terminals of several widths, and at none.
@Suite struct RuleListTextTests {
    private let rules = [
        (name: "prune", abstract: "Remove what is safe to remove, and nothing else."), (name: "registry-gc", abstract: "Collect garbage."),
        (name: "标签", abstract: "检查标签 and say so."),
    ]

    private func text(_ width: Int?) -> String {
        String(decoding: RuleListText(options: TextOptions(width: width)).bytes(of: rules), as: UTF8.self)
    }

    @Test func withoutATerminalEveryRuleIsOneLine() {
        #expect(
            text(nil) == """
                prune        Remove what is safe to remove, and nothing else.
                registry-gc  Collect garbage.
                标签         检查标签 and say so.

                """
        )
    }

    @Test func helpIsWrappedBesideTheName() {
        #expect(
            text(45) == """
                prune        Remove what is safe to remove,
                             and nothing else.
                registry-gc  Collect garbage.
                标签         检查标签 and say so.

                """
        )
    }

    @Test func helpStandsBeneathTheNameWhereThereIsNoRoom() {
        #expect(
            text(40) == """
                prune
                    Remove what is safe to remove, and
                    nothing else.
                registry-gc
                    Collect garbage.
                标签
                    检查标签 and say so.

                """
        )
    }

    @Test func noRulesAreNoText() { #expect(RuleListText(options: TextOptions(width: 80)).bytes(of: []) == []) }
}
