extension PlannedChange {
    /// What is not as it was planned, as one line; `now` is the same change as it would be made now.
    package func difference(to now: PlannedChange) -> String {
        let facts = Set(state.keys).union(now.state.keys).sorted().filter { state[$0] != now.state[$0] }
        let texts = facts.map { "\($0): \(Self.text(state[$0])) then, \(Self.text(now.state[$0])) now" }
        return "it has changed since the plan was made: \(texts.joined(separator: "; "))"
    }

    private static func text(_ values: [String]?) -> String {
        guard let values, !values.isEmpty else { return "none" }
        return values.map { "'\($0)'" }.joined(separator: ", ")
    }
}
