import Testing

@testable import Reports

@Suite struct UniqueNamesTests {
    @Test func namesAreTheSubjectsAndGetTheTypeOnlyWhereTheyMeet() {
        var names = UniqueNames()
        let given = names.names(of: [("a", "removed"), ("b", "kept"), ("a", "kept"), ("c", "kept"), ("c", "kept"), ("c", "kept")])
        #expect(given == ["a (removed)", "b", "a (kept)", "c (kept)", "c (kept 2)", "c (kept 3)"])
    }

    @Test func namesThatLookLikeNumberedOnesStayUnique() {
        var names = UniqueNames()
        let given = names.names(of: [("a (x)", "y"), ("a", "x"), ("a", "x"), ("a (x 2)", "y"), ("a (x 3)", "y")])
        #expect(given == ["a (x)", "a (x 2)", "a (x 3)", "a (x 2) (2)", "a (x 3) (2)"])
    }

    @Test func aClaimedNameIsGone() {
        var names = UniqueNames()
        #expect(names.claim("prune") == "prune")
        #expect(names.names(of: [("prune", "removed")]) == ["prune (2)"])
    }
}
