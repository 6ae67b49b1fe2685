import HookTesting
import Testing

/// What uses images on Podman beside its containers: `prune` leaves it alone.
@Suite(.serialized, .enabled(if: Repository.podmanIsAvailable))
struct PodmanUsesTests {
    /// Makes an image of its own, with nothing but a label.
    private func data(_ engine: TestEngine, _ name: String, label: String) async throws {
        try engine.directory.write("FROM alpine:latest\nLABEL data=\(label)\n", to: "\(label)/Dockerfile")
        try await engine.podman("build", "--tag", name, engine.directory[label])
    }

    private func prune(_ engine: TestEngine, _ settings: String) async throws -> HookRun {
        let run = try await engine.run("stages: [{rule: prune, with: {older-than: 0s, \(settings)}}]")
        #expect(run.exitCode == 0, "\(run)")
        return run
    }

    private func kept(_ run: HookRun, _ subject: String) -> [String] {
        run.findings("prune", "kept").filter { $0.subject == subject }.map(\.message)
    }

    @Test func anImageThatAContainerMountsStays() async throws {
        try await TestEngine.withOne(.podman) { engine in
            for (name, label) in [("set:v1", "one"), ("set:v2", "two"), ("set:v3", "three"), ("set:v4", "four")] {
                try await data(engine, "localhost/data/\(name)", label: label)
            }
            let third = try await engine.short("localhost/data/set:v3")
            for (container, source) in [("by-name", "localhost/data/set:v1"), ("by-end", "set:v2"), ("by-id", third)] {
                try await engine.podman(
                    "run",
                    "--detach",
                    "--network",
                    "none",
                    "--name",
                    container,
                    "--mount",
                    "type=image,source=\(source),destination=/mnt",
                    "alpine:latest",
                    "/bin/sleep",
                    "1000"
                )
            }
            let run = try await prune(engine, "dangling: false, unused: true, images: [localhost/data/*]")
            #expect(run.findings("prune", "removed").map(\.subject) == ["localhost/data/set:v4"], "\(run)")
            for (container, tag) in [("by-name", "v1"), ("by-end", "v2"), ("by-id", "v3")] {
                #expect(kept(run, "localhost/data/set:\(tag)") == ["running container '\(container)' mounts it"], "\(run)")
                try await engine.podman("restart", "--time", "0", container)
                try await engine.podman("rm", "--force", "--time", "0", container)
            }
        }
    }

    @Test func anImageThatRunsUnderATagThatMovedStaysMounted() async throws {
        try await TestEngine.withOne(.podman) { engine in
            try await data(engine, "localhost/data/set:v1", label: "one")
            let old = try await engine.short("localhost/data/set:v1")
            try await engine.podman(
                "run",
                "--detach",
                "--network",
                "none",
                "--name",
                "reader",
                "--mount",
                "type=image,source=data/set:v1,destination=/mnt",
                "alpine:latest",
                "/bin/sleep",
                "1000"
            )
            #expect(try await engine.run(UntaggedCauseTests.track).exitCode == 0)
            try await data(engine, "localhost/data/set:v1", label: "two")
            let run = try await prune(engine, "dangling: true")
            #expect(kept(run, "localhost/data/set:v1 (\(old))") == ["running container 'reader' mounts it"], "\(run)")
            #expect(run.findings("prune", "removed").isEmpty, "\(run)")
            try await engine.podman("exec", "reader", "/bin/busybox", "ls", "/mnt/bin/busybox")
            try await engine.podman("rm", "--force", "--time", "0", "reader")
        }
    }

    @Test func theImagesOfAManifestListStay() async throws {
        try await TestEngine.withOne(.podman, registry: true) { engine in
            let registry = try #require(engine.registry)
            try engine.directory.write("FROM alpine:latest\nLABEL content=listed\n", to: "listed/Dockerfile")
            let built = try await engine.podman("build", "--manifest", "localhost/shop/multi:v1", engine.directory["listed"])
            let listed = try #require(built.split(separator: "\n").last).prefix(12)
            let unlisted = try await engine.build(nil, content: "unlisted", steps: 0).dropFirst(7).prefix(12)
            let run = try await prune(engine, "dangling: true")
            #expect(kept(run, String(listed)) == ["the manifest list 'localhost/shop/multi:v1' names it"], "\(run)")
            #expect(run.findings("prune", "removed").map(\.subject) == [String(unlisted)], "\(run)")
            try await engine.podman(
                "manifest",
                "push",
                "--all",
                "--tls-verify=false",
                "localhost/shop/multi:v1",
                "docker://\(registry)/shop/multi:v1"
            )
            try await engine.podman("manifest", "rm", "localhost/shop/multi:v1")
            let rest = try await prune(engine, "dangling: true")
            #expect(rest.findings("prune", "removed").map(\.subject) == [String(listed)], "\(rest)")
        }
    }

    @Test func theBaseOfABuildThatRunsKeepsItsTags() async throws {
        try await TestEngine.withOne(.podman) { engine in
            try await data(engine, "localhost/shop/base:v1", label: "base")
            try await engine.podman("tag", "localhost/shop/base:v1", "localhost/shop/base:latest")
            // It runs until there is a file in its directory, which lies in the engine's storage.
            try engine.directory.write(
                "FROM localhost/shop/base:v1\nRUN while [ ! -e /end ]; do sleep 0.1; done\n",
                to: "slow/Dockerfile"
            )
            let build = try engine.startPodman(["build", "--layers=false", "--network", "none", engine.directory["slow"]])
            try await build.output(containing: "STEP 2/2")
            let settings = "dangling: false, unused: true, images: [localhost/shop/*], containers: true"
            let run = try await prune(engine, settings)
            let message = "container 'base-working-container' of a build or another program uses it"
            #expect(kept(run, "localhost/shop/base:latest") == [message], "\(run)")
            #expect(kept(run, "container base-working-container") == ["it is a build's or another program's"], "\(run)")
            #expect(run.findings("prune", "removed").isEmpty, "\(run)")
            try await engine.shell("for layer in services/podman/storage/vfs/dir/*; do : > \"$layer/end\"; done")
            let ended = try await build.end()
            #expect(ended.exitCode == 0, "\(ended)")
        }
    }
}
