import HookTesting
import Testing

/// The two example plugins in one pipeline with built-in rules, on a real engine.
@Suite(.serialized, .enabled(if: Repository.servicesAreAvailable), .timeLimit(.minutes(20)))
struct ExamplePluginTests {
    @Test func bothExamplesRunInOnePipelineWithBuiltInRules() async throws {
        let sizeBudget = try await ExamplePlugin.sizeBudget.value
        let examples = "\(Repository.root)/examples/plugins"
        try await TestEngine.withOne { engine in
            // The examples' directory as it is once the first is built, with a ledger of its own.
            try engine.directory.makeDirectory("size-budget/.build/release")
            _ = try await runProcess(["ln", "-s", sizeBudget, engine.directory["size-budget/.build/release/size-budget"]])
            _ = try await runProcess(["ln", "-s", "\(examples)/label-policy", engine.directory["label-policy"]])
            let pipeline = try await runProcess(["cat", "\(examples)/images.yml"]).standardOutput

            try await engine.build("shop/api:v1", content: "a")
            let first = try await engine.run(pipeline)
            #expect(first.exitCode == 1, "\(first)")
            #expect(first.findings("track-tags", "new").map(\.subject) == ["shop/api:v1"], "\(first)")
            let within = try #require(first.findings("size-budget", "within-budget").first, "\(first)")
            #expect(within.subject == "shop/api:v1")
            #expect(within.details == [])
            let missing = try #require(first.findings("label-policy", "label-missing").first, "\(first)")
            #expect(missing.message == "lacks org.opencontainers.image.revision")
            #expect(
                missing.remedy
                    == "docker build --label org.opencontainers.image.revision=... --tag shop/api:v1 ."
            )

            // Rebuilt with a label and more in it.
            try engine.directory.write(
                "FROM alpine:latest\nLABEL org.opencontainers.image.revision=1a2b3c\nRUN head -c 2000000 /dev/zero > /more\n",
                to: "labelled/Dockerfile"
            )
            try await engine.docker("build", "--network", "none", "--tag", "shop/api:v1", engine.directory["labelled"])
            let second = try await engine.run(pipeline, ["--set", "LIMIT=1MB"])
            #expect(second.exitCode == 1, "\(second)")
            let over = try #require(second.findings("size-budget", "over-budget").first, "\(second)")
            #expect(over.outcome == "failed")
            #expect(
                over.details.last?.hasPrefix("it grew by 2") == true || over.details.last?.hasPrefix("it grew by 1.9") == true,
                "\(over)"
            )
            #expect(second.findings("label-policy", "labelled").map(\.subject) == ["shop/api:v1"], "\(second)")
            #expect(second.findings("detect-overwritten", "overwritten").count == 1, "\(second)")
        }
    }
}
