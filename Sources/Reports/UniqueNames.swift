/// Gives each thing of a stage a name that no other has, and the same one in every run that finds the same.
///
/// GitLab takes the first of two test cases with one name and drops the other.
struct UniqueNames {
    private var taken: Set<String> = []
    private var lastNumber: [String: Int] = [:]

    /// The name of each subject: itself where it stands once, with its type where it stands several times, and numbered where that is
    /// still not unique.
    mutating func names(of things: [(subject: String, type: String)]) -> [String] {
        var counts: [String: Int] = [:]
        for thing in things { counts[thing.subject, default: 0] += 1 }
        return things.map { thing in
            counts[thing.subject] == 1 ? claim(thing.subject) : claim(thing.subject, thing.type)
        }
    }

    /// Takes a name, with a number from 2 where it is taken already.
    mutating func claim(_ name: String) -> String {
        claim(key: name) { $0 == 1 ? name : "\(name) (\($0))" }
    }

    private mutating func claim(_ name: String, _ type: String) -> String {
        claim(key: "\(name) (\(type)") { $0 == 1 ? "\(name) (\(type))" : "\(name) (\(type) \($0))" }
    }

    /// Goes on from the last number, so that ten thousand findings about one subject are no work of its square.
    private mutating func claim(key: String, candidate: (Int) -> String) -> String {
        var number = lastNumber[key] ?? 0
        while true {
            number += 1
            let name = candidate(number)
            if taken.insert(name).inserted {
                lastNumber[key] = number
                return name
            }
        }
    }
}
