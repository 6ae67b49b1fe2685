import HookTesting
import Testing

/// Plugins in Swift, built as their users build them.
enum ExamplePlugin {
    /// The example `size-budget`, built and tested once for all tests; the path of its program.
    static let sizeBudget = Task {
        try await build(
            "\(Repository.root)/examples/plugins/size-budget",
            scratch: "\(Repository.root)/.build/plugins",
            product: "size-budget"
        )
    }

    /// Builds a package, runs its tests, and finds its program.
    static func build(_ package: String, scratch: String, product: String) async throws -> String {
        let place = ["--package-path", package, "--scratch-path", scratch]
        // The variables of the tests that run now are not those of the package's.
        let environment = RunningProcess.Environment.inherited(changing: ["SWIFT_TESTING_ENABLED": nil])
        let built = try await runProcess(["swift", "build", "--build-tests"] + place, environment: environment, within: .seconds(900))
        try #require(built.exitCode == 0, "\(built)")
        let tested = try await runProcess(["swift", "test", "--skip-build"] + place, environment: environment, within: .seconds(300))
        try #require(tested.exitCode == 0, "\(tested)")
        #expect((tested.standardOutput + tested.standardError).contains("passed"), "\(tested)")
        let shown = try await runProcess(["swift", "build", "--show-bin-path"] + place, environment: environment)
        return String(shown.standardOutput.prefix { !$0.isNewline }) + "/\(product)"
    }
}
