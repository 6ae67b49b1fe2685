import Foundation
import HookTesting

/// A plan as a program that knows nothing of hook reads it.
struct PlanFileContent: Decodable {
    struct Stage: Decodable {
        let name: String
        let skipped: String?
        let changes: [Change]
    }
    struct Change: Decodable, Hashable {
        let action: String
        let target: String
        let subject: String
        let state: [String: [String]]
    }
    let version: Int
    let stages: [Stage]

    /// Reads the plan of a name in a test's directory.
    init(_ name: String, in directory: TemporaryDirectory) throws {
        self = try JSONDecoder().decode(PlanFileContent.self, from: Data(try directory.bytes(of: name)))
    }

    /// The targets of an action, in all stages.
    func targets(_ action: String) -> Set<String> {
        Set(stages.flatMap(\.changes).filter { $0.action == action }.map(\.target))
    }
}
