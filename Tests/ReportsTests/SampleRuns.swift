import HookKit
import OCI
import Runner

@testable import Reports

/// Runs that the reports are shown with.
enum SampleRuns {
    static let engine = EngineIdentity(
        identifier: "ABCD:EFGH",
        name: "builder-1",
        product: "Docker 20.10.24",
        apiVersion: "1.41",
        imageStore: .classic,
        endpoint: "unix:///var/run/docker.sock"
    )

    /// 2026-11-01T07:30:00Z.
    static let start = Timestamp(seconds: 1_793_518_200)

    static func run(
        _ stages: [StageResult],
        pipeline: String = "image-hygiene",
        file: String? = "pipeline.yml",
        isDryRun: Bool = false,
        wasInterrupted: Bool = false
    ) -> RunResult {
        let build = BuildRecord(
            run: "01JC",
            pipeline: "image-hygiene",
            commit: "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d",
            branch: "main",
            system: "gitlab",
            buildNumber: "4711",
            jobURL: "https://gitlab.example/shop/api/-/jobs/99",
            user: "ann"
        )
        let description = RunDescription(
            pipeline: pipeline,
            file: file,
            version: "1.0.0",
            isDryRun: isDryRun,
            started: start,
            build: build,
            stages: stages.map(\.stage)
        )
        let duration = stages.reduce(Duration.milliseconds(41)) { $0 + $1.duration }
        return RunResult(run: description, stages: stages, duration: duration, wasInterrupted: wasInterrupted)
    }

    static func stage(
        _ number: Int,
        _ name: String,
        rule: String? = nil,
        isDryRun: Bool = false,
        isDryRunByFile: Bool = false,
        ending: StageResult.Ending = .completed,
        findings: [Finding] = [],
        milliseconds: Int = 250,
        reclaimed: ByteSize = .zero,
        engine: EngineIdentity? = engine
    ) -> StageResult {
        StageResult(
            stage: StageDescription(
                number: number,
                name: name,
                rule: rule ?? name,
                isDryRun: isDryRun || isDryRunByFile,
                isDryRunByFile: isDryRunByFile
            ),
            ending: ending,
            findings: findings,
            started: Timestamp(seconds: start.seconds + Int64(number)),
            duration: .milliseconds(milliseconds),
            reclaimed: reclaimed,
            engine: engine
        )
    }

    /// The events that a run of these stages sends.
    static func events(_ result: RunResult) -> [RunEvent] {
        var events: [RunEvent] = [.runStarted(result.run)]
        for stage in result.stages {
            if case .skipped = stage.ending {} else { events.append(.stageStarted(stage.stage)) }
            events.append(.stageFinished(stage))
        }
        return events + [.runFinished(result)]
    }

    /// A night's run on a build host: tags remembered, three images without a name explained, the rest pruned.
    static let hygiene = run([
        stage(1, "remember what this build tagged", rule: "track-tags", findings: tracked, milliseconds: 312),
        stage(2, "detect-overwritten", findings: overwritten, milliseconds: 1204),
        stage(3, "prune", findings: pruned(isDryRun: false), milliseconds: 2630, reclaimed: "312.5MB"),
    ])

    /// The same run as a dry run.
    static let plan = run(
        [
            stage(1, "remember what this build tagged", rule: "track-tags", isDryRun: true, findings: tracked, milliseconds: 298),
            stage(2, "detect-overwritten", isDryRun: true, findings: [overwritten[3]], milliseconds: 1190),
            stage(3, "prune", isDryRun: true, findings: pruned(isDryRun: true), milliseconds: 130),
        ],
        isDryRun: true
    )

    /// A run in which stages end in every way there is.
    static let endings = run(
        [
            stage(1, "track-tags"),
            stage(
                2,
                "prune",
                ending: .failed(
                    type: "engine-unreachable",
                    message:
                        "no answer from unix:///var/run/docker.sock within 10 seconds; is the daemon running, and may this user use it?",
                    exitCode: .stageFailed
                ),
                findings: [.passed(subject: "shop/api:v1", type: "kept", message: "a container uses it")],
                milliseconds: 10_002,
                engine: nil
            ),
            stage(3, "nightly", rule: "prune", ending: .skipped(reason: "NIGHTLY is not 'true'"), milliseconds: 0, engine: nil),
            stage(4, "exec", ending: .interrupted, findings: [.passed(subject: "make push", type: "ran", message: "ended with 0")]),
            stage(5, "registry-gc", ending: .skipped(reason: "not reached: the run was interrupted"), milliseconds: 0, engine: nil),
        ],
        wasInterrupted: true
    )

    /// A night's collection of a registry.
    static let registry = run([
        stage(
            1,
            "registry-gc",
            findings: [
                .passed(subject: "shop/api", type: "removed", message: "3 tag entries, 3 revisions, 9 layer links", bytes: .zero),
                .passed(subject: "blobs", type: "removed", message: "21 blobs", bytes: "2.3GB"),
                .passed(subject: "/srv/registry", type: "protection", message: "no push can happen"),
                .passed(
                    subject: "/srv/registry",
                    type: "collected",
                    message: "looked at 3 repositories, 120 blobs; 2.3GB given back",
                    bytes: "2.3GB",
                    evidence: [
                        "storage": [
                            "keptBytes": 6_100_000_000, "sharedBytes": 1_200_000_000, "unreferencedBytes": 3_000_000,
                            "repositories": [
                                ["name": "shop/api", "ownBytes": 3_100_000_000], ["name": "shop/<worker>", "ownBytes": 1_300_000_000],
                            ],
                            "otherRepositories": 1, "otherBytes": 500_000_000,
                            "largestTags": [
                                ["repository": "shop/api", "tag": "v2", "bytes": 2_100_000_000],
                                ["repository": "shop/<worker>", "tag": "latest", "bytes": 1_900_000_000],
                            ],
                        ]
                    ]
                ),
            ],
            milliseconds: 4120,
            reclaimed: "2.3GB",
            engine: nil
        )
    ])

    /// What that collection would do, by its dry run.
    static let registryPlan = registryPlan(goesToTrash: false)

    /// What that collection would do, by its dry run, where what goes may be kept in the trash for an hour.
    static func registryPlan(goesToTrash: Bool) -> RunResult {
        let fate = goesToTrash ? "moved to the trash, which a run from 1h later on frees" : "given back"
        return run(
            [
                stage(
                    1,
                    "registry-gc",
                    isDryRun: true,
                    findings: [
                        .passed(subject: "blobs", type: "would-remove", message: "21 blobs", bytes: goesToTrash ? nil : "2.2GB"),
                        .passed(subject: "shop/api", type: "would-remove", message: "1 upload", bytes: goesToTrash ? nil : "100MB"),
                        .passed(
                            subject: "/srv/registry",
                            type: "planned",
                            message: "looked at 3 repositories, 120 blobs; 2.3GB would be \(fate)",
                            bytes: "2.3GB",
                            evidence: [
                                "storage": [
                                    "keptBytes": 6_100_000_000, "sharedBytes": 1_200_000_000, "unreferencedBytes": 3_000_000,
                                    "repositories": [
                                        ["name": "shop/api", "ownBytes": 3_100_000_000, "reclaimableBytes": 700_000_000],
                                        ["name": "shop/<worker>", "ownBytes": 1_300_000_000, "reclaimableBytes": 100_000_000],
                                    ],
                                    "otherRepositories": 1, "otherBytes": 500_000_000,
                                    "largestTags": [["repository": "shop/api", "tag": "v2", "bytes": 2_100_000_000]],
                                    "reclaimableBytes": 2_300_000_000, "sharedReclaimableBytes": 300_000_000,
                                    "unreferencedReclaimableBytes": 1_000_000_000, "uploadReclaimableBytes": 100_000_000,
                                    "otherReclaimableBytes": 100_000_000, "reclaimableGoesToTrash": .boolean(goesToTrash),
                                ]
                            ]
                        ),
                    ],
                    milliseconds: 4120,
                    engine: nil
                )
            ],
            isDryRun: true
        )
    }

    /// What the ledger knows of two tags, one of which moved twice.
    static let history = RecordedTags(
        tags: [
            .init(name: "shop/api:v1", generations: [generation(1, 0, 3600), generation(2, 3700, 3700), generation(3, 7200, 9000)]),
            .init(name: "shop/worker:v1", generations: [generation(4, 0, 9000)]),
        ],
        otherTags: 7
    )

    private static func generation(_ number: Int, _ first: Int64, _ last: Int64) -> TagGeneration {
        let build = BuildRecord(
            run: "run\(number)",
            pipeline: "image-hygiene",
            commit: "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d",
            branch: "main",
            system: "gitlab",
            buildNumber: "471\(number)"
        )
        return TagGeneration(
            reference: ImageReference("shop/api:v1")!,
            image: Digest("sha256:" + String(repeating: "\(number)", count: 64))!,
            firstSeen: Timestamp(seconds: start.seconds - 9000 + first),
            firstBuild: build,
            lastSeen: Timestamp(seconds: start.seconds - 9000 + last),
            lastBuild: build,
            sightings: number
        )
    }

    private static let tracked: [Finding] =
        [
            .passed(subject: "shop/api:v1", type: "moved", message: "from 4f0c1d9a7e21 to 9f8e7d6c5b4a"),
            .passed(subject: "shop/worker:v2-rc1", type: "new", message: "names c0ffee123456"),
        ]
        + (1...24).map { .passed(subject: "shop/service-\($0):v1", type: "unchanged", message: "names the same image as 2 hours ago") }

    private static let overwritten: [Finding] = [
        .failed(
            subject: "4f0c1d9a7e21",
            type: "overwritten",
            message: "shop/api:v1 was rebuilt over it and names 9f8e7d6c5b4a now",
            details: [
                "ledger: shop/api:v1 named it from 2026-11-01T05:12:44Z to 2026-11-01T07:29:31Z",
                "ledger: built by gitlab build 4690 on main at 77aa11bb22cc by ann",
                "engine: tag event for shop/api:v1 at 2026-11-01T07:29:31Z",
            ],
            remedy: "docker tag 4f0c1d9a7e21 shop/api:v1-build4690",
            bytes: "12.35MB",
            evidence: ["cause": "overwritten", "lost": ["shop/api:v1"], "now": "sha256:9f8e7d6c5b4a"]
        ),
        .failed(
            subject: "d41d8cd98f00",
            type: "loaded-by-id",
            message: "loaded from an archive that was saved by ID and carries no name",
            details: ["engine: load event at 2026-11-01T06:00:02Z", "LastTagTime is zero: it never had a tag on this engine"],
            remedy: "docker tag d41d8cd98f00 shop/base:v7",
            bytes: "5.1MB"
        ),
        .failed(
            subject: "e3b0c44298fc",
            type: "untagged-in-use",
            message: "container 'shop-api-1' was created from shop/api:v0, which was removed by force",
            details: ["container 7c1a5b9e2f03 (running) names shop/api:v0"],
            remedy: "docker tag e3b0c44298fc shop/api:v0",
            bytes: "841B"
        ),
        .passed(subject: "0a1b2c3d4e5f", type: "intermediate", message: "the parent of 9f8e7d6c5b4a; takes no space of its own"),
    ]

    private static func pruned(isDryRun: Bool) -> [Finding] {
        let type = isDryRun ? "would-remove" : "removed"
        return [
            .passed(subject: "4f0c1d9a7e21", type: type, message: "dangling for 2 hours", bytes: "12.35MB"),
            .passed(subject: "88d4266fd4e6", type: type, message: "dangling for 3 days", bytes: "295MB"),
            .passed(subject: "d41d8cd98f00", type: type, message: "dangling for 90 minutes", bytes: "5.1MB"),
            .skipped(subject: "e3b0c44298fc", type: "kept", message: "container 'shop-api-1' uses it", bytes: "841B"),
            .skipped(
                subject: "registry.local:5000/team/platform/shop/api-gateway:v1.2.3-build.4711",
                type: "kept",
                message: "protected by 'registry.local:5000/*'",
                bytes: "71.2MB"
            ),
        ]
    }
}
