/// Asks something of many things, a few at a time; the answers in the order of the things.
func inParallel<Thing: Sendable, Answer: Sendable>(
    _ things: [Thing],
    atMost count: Int,
    _ ask: @escaping @Sendable (Thing) async throws -> Answer
) async throws -> [Answer] {
    try await withThrowingTaskGroup(of: (Int, Answer).self) { group in
        var answers = [Answer?](repeating: nil, count: things.count)
        var next = 0
        func start() {
            guard next < things.count else { return }
            let (number, thing) = (next, things[next])
            group.addTask { (number, try await ask(thing)) }
            next += 1
        }
        for _ in 0..<count { start() }
        while let (number, answer) = try await group.next() {
            answers[number] = answer
            start()
        }
        return answers.compactMap { $0 }
    }
}
