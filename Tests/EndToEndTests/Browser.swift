import Foundation
import HookTesting
import Testing

/// A real browser without a window, driven by `ci/browser`: what pages showed, and what they did wrong.
struct Browser {
    /// One thing that the browser does.
    enum Step {
        case open(String)
        case scheme(String)
        case size(Int, Int)
        /// Answers the value of an expression.
        case evaluate(String)
        case type(String)
        case key(String)
        case screenshot(String)
        case print(String)

        fileprivate var json: [String: Any] {
            switch self {
            case .open(let path): ["open": "file://\(path)"]
            case .scheme(let name): ["scheme": name]
            case .size(let width, let height): ["size": [width, height]]
            case .evaluate(let expression): ["evaluate": expression]
            case .type(let text): ["type": text]
            case .key(let name): ["key": name]
            case .screenshot(let path): ["screenshot": path]
            case .print(let path): ["print": path]
            }
        }
    }

    /// Whether there is one; where services are required, so is a browser.
    static let isAvailable: Bool = {
        if Repository.servicesAreRequired { return true }
        let directories = (Repository.variable("PATH") ?? "").split(separator: ":")
        return ["chromium", "google-chrome", "chromium-browser"].contains { name in
            directories.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
        }
    }()

    /// What was wrong: errors of the console, exceptions, refusals.
    let errors: [String]
    /// What the pages asked for beside themselves.
    let requests: [String]
    private let results: [Any]

    /// Carries out steps in a browser of their own.
    init(_ steps: [Step]) async throws {
        let input = try JSONSerialization.data(withJSONObject: steps.map(\.json))
        let outcome = try await runProcess(["\(Repository.root)/ci/browser"], input: .bytes(Array(input)))
        try #require(outcome.exitCode == 0, "\(outcome)")
        let answer = try JSONSerialization.jsonObject(with: Data(outcome.standardOutput.utf8)) as? [String: Any]
        results = try #require(answer?["results"] as? [Any])
        errors = try #require(answer?["errors"] as? [String])
        requests = try #require(answer?["requests"] as? [String])
    }

    /// What the step at a place answered, as a number.
    func number(_ place: Int) -> Int? { (results[place] as? NSNumber)?.intValue }

    /// What the step at a place answered, as a text.
    func text(_ place: Int) -> String? { results[place] as? String }
}
