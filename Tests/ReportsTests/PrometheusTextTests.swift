import Testing

/// The strict reader itself: what is wrong does not pass it.
@Suite struct PrometheusTextTests {
    @Test func whatIsRightIsRead() throws {
        let text = try PrometheusText("# HELP a_b Says \\\\ and \\n.\n# TYPE a_b gauge\na_b{x=\"1 \\\"\\n\\\\\",y=\"\"} 2.5\na_b 3\n")
        #expect(text.families == ["a_b"])
        #expect(
            text.samples == [
                .init(name: "a_b", labels: ["x": "1 \"\n\\", "y": ""], value: "2.5"), .init(name: "a_b", labels: [:], value: "3"),
            ]
        )
        #expect(text.value("a_b", ["y": ""]) == "2.5")
    }

    @Test(arguments: [
        "a 1", "# HELP a b\n# TYPE a gauge\na 1", "a 1\n", "# HELP a b\na 1\n", "# TYPE a gauge\na 1\n",
        "# HELP a b\n# TYPE c gauge\nc 1\n",
        "# HELP a b\n# TYPE a gauge\nb 1\n", "# HELP a b\n# TYPE a gauge\na x\n", "# HELP a b\n# TYPE a gauge\na 1 1\n",
        "# HELP a b\n# TYPE a gauge\na{x=\"1\" } 1\n", "# HELP a b\n# TYPE a gauge\na{x=\"1\\t\"} 1\n",
        "# HELP a b\n# TYPE a gauge\na{x=\"1\",x=\"2\"} 1\n", "# HELP a b\n# TYPE a gauge\na{x=\"1} 1\n",
        "# HELP a b\n# TYPE a gauge\na{x=\"1\"} 1\na{x=\"1\"} 2\n", "# HELP a b\n# TYPE a gauge\na{1x=\"1\"} 1\n",
        "# HELP a b\n# TYPE a gauge\na 1\n# HELP a b\n# TYPE a gauge\na 2\n", "# HELP a-b c\n# TYPE a-b gauge\na-b 1\n", "\n",
    ])
    func whatIsWrongIsRefused(_ text: String) { #expect(throws: PrometheusText.Problem.self) { try PrometheusText(text) } }
}
