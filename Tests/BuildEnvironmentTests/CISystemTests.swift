import HookKit
import HookTesting
import Testing

@testable import BuildEnvironment

struct CISystemTests {
    /// A CI system's variables, as its documentation gives them, and what they say.
    struct Example: Sendable, CustomTestStringConvertible {
        let name: String
        let variables: [String: String]
        let expected: CIJob
        var testDescription: String { name }
    }

    private static let commit = "1a2b3c4d5e6f708192a3b4c5d6e7f80912345678"

    private static func example(_ name: String, _ variables: [String: String], _ expected: CIJob) -> Example {
        Example(name: name, variables: variables.merging(["CI": "true"]) { own, _ in own }, expected: expected)
    }

    static let examples = gitLab + gitHub + bitbucket + azure + circleCI + jenkins + others

    private static let gitLab: [Example] = {
        let common = [
            "GITLAB_CI": "true", "CI_COMMIT_SHA": commit, "CI_PIPELINE_ID": "4711",
            "CI_JOB_URL": "https://gitlab.example.com/shop/api/-/jobs/99", "GITLAB_USER_LOGIN": "ann", "GITLAB_USER_NAME": "Ann B.",
        ]
        let job = CIJob(
            system: "gitlab",
            commit: commit,
            branch: "main",
            number: "4711",
            address: "https://gitlab.example.com/shop/api/-/jobs/99",
            user: "ann"
        )
        func on(_ branch: String, _ departure: CIJob.Departure) -> CIJob {
            var job = job
            job.branch = branch
            job.departure = departure
            return job
        }
        return [
            example("GitLab, a branch", common.merging(["CI_COMMIT_BRANCH": "main", "CI_COMMIT_REF_NAME": "main"]) { $1 }, job),
            example("GitLab, a tag", common.merging(["CI_COMMIT_TAG": "v1.2", "CI_COMMIT_REF_NAME": "v1.2"]) { $1 }, on("v1.2", .tag)),
            example(
                "GitLab, a tag that is called like a branch",
                common.merging(["CI_COMMIT_TAG": "main", "CI_COMMIT_REF_NAME": "main"]) { $1 },
                on("main", .tag)
            ),
            example(
                "GitLab, the branch of an open merge request",
                common.merging(["CI_COMMIT_BRANCH": "main", "CI_COMMIT_REF_NAME": "main", "CI_OPEN_MERGE_REQUESTS": "shop/api!1"]) { $1 },
                job
            ),
            example(
                "GitLab, the merged result of a fork's branch",
                common.merging([
                    "CI_MERGE_REQUEST_IID": "1", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "main",
                    "CI_COMMIT_REF_NAME": "refs/merge-requests/1/merge",
                    "CI_PIPELINE_SOURCE": "merge_request_event",
                ]) { $1 },
                on("main", .changeRequest)
            ),
            example(
                "GitLab, a pull request on GitHub",
                common.merging([
                    "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME": "main", "CI_COMMIT_REF_NAME": "main",
                    "CI_PIPELINE_SOURCE": "external_pull_request_event",
                ]) { $1 },
                on("main", .changeRequest)
            ),
            example(
                "GitLab, a merge request",
                common.merging([
                    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "feature/x", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
                    "CI_COMMIT_REF_NAME": "refs/merge-requests/1/head",
                ]) { $1 },
                on("feature/x", .changeRequest)
            ),
            example(
                "GitLab, an address with a password",
                common.merging([
                    "CI_COMMIT_BRANCH": "main", "CI_JOB_URL": "https://gitlab-ci-token:s3cr@t@gitlab.example.com/shop/api/-/jobs/99",
                ]) { $1 },
                job
            ),
        ]
    }()

    private static let gitHub: [Example] = {
        let common = [
            "GITHUB_ACTIONS": "true", "GITHUB_SHA": commit, "GITHUB_REF": "refs/heads/main", "GITHUB_REF_NAME": "main",
            "GITHUB_HEAD_REF": "",
            "GITHUB_RUN_ID": "1658821493", "GITHUB_RUN_NUMBER": "3", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": "shop/api", "GITHUB_ACTOR": "ann", "GITHUB_TRIGGERING_ACTOR": "bob",
        ]
        let job = CIJob(
            system: "github",
            commit: commit,
            branch: "main",
            number: "1658821493",
            address: "https://github.com/shop/api/actions/runs/1658821493",
            user: "bob"
        )
        var again = job
        again.address = "https://github.com/shop/api/actions/runs/1658821493/attempts/2"
        var request = job
        request.branch = "feature/x"
        request.departure = .changeRequest
        var own = request
        own.branch = "main"
        var tag = job
        tag.departure = .tag
        let gitea = CIJob(system: "gitea", commit: commit, branch: "main", number: "1658821493", user: "bob")
        return [
            example("GitHub, a branch", common, job),
            example("GitHub, a second attempt", common.merging(["GITHUB_RUN_ATTEMPT": "2"]) { $1 }, again),
            example(
                "GitHub, a pull request",
                common.merging(["GITHUB_REF": "refs/pull/26/merge", "GITHUB_REF_NAME": "26/merge", "GITHUB_HEAD_REF": "feature/x"]) { $1 },
                request
            ),
            example(
                "GitHub, a pull request of a fork's branch",
                common.merging([
                    "GITHUB_REF": "refs/pull/26/merge", "GITHUB_REF_NAME": "26/merge", "GITHUB_HEAD_REF": "main",
                    "GITHUB_EVENT_NAME": "pull_request",
                ]) { $1 },
                own
            ),
            example(
                "GitHub, a pull request with the rights of its target",
                common.merging(["GITHUB_HEAD_REF": "feature/x", "GITHUB_EVENT_NAME": "pull_request_target"]) { $1 },
                request
            ),
            example("GitHub, a tag", common.merging(["GITHUB_REF": "refs/tags/main", "GITHUB_REF_TYPE": "tag"]) { $1 }, tag),
            example(
                "GitHub, a branch by its type",
                common.merging(["GITHUB_REF_TYPE": "branch", "GITHUB_EVENT_NAME": "push"]) { $1 },
                job
            ),
            example("Gitea", common.merging(["GITEA_ACTIONS": "true"]) { $1 }, gitea),
        ]
    }()

    private static let bitbucket: [Example] = {
        let common = [
            "BITBUCKET_BUILD_NUMBER": "127", "BITBUCKET_COMMIT": commit, "BITBUCKET_REPO_FULL_NAME": "shop/api",
            "BITBUCKET_STEP_TRIGGERER_UUID": "{5d1b8c2e-4f0a-4b7e-9c3d-2a6f1e8b9c0d}",
        ]
        let job = CIJob(
            system: "bitbucket",
            commit: commit,
            branch: "main",
            number: "127",
            address: "https://bitbucket.org/shop/api/pipelines/results/127"
        )
        var tag = job
        tag.branch = "v1.2"
        tag.departure = .tag
        var request = job
        request.departure = .changeRequest
        return [
            example("Bitbucket, a pull request", common.merging(["BITBUCKET_BRANCH": "main", "BITBUCKET_PR_ID": "3"]) { $1 }, request),
            example("Bitbucket, a branch", common.merging(["BITBUCKET_BRANCH": "main"]) { $1 }, job),
            example("Bitbucket, a tag", common.merging(["BITBUCKET_TAG": "v1.2"]) { $1 }, tag),
        ]
    }()

    private static let azure: [Example] = {
        let common = [
            "TF_BUILD": "True", "BUILD_SOURCEVERSION": commit, "BUILD_SOURCEBRANCH": "refs/heads/release/1.2",
            "BUILD_SOURCEBRANCHNAME": "1.2", "BUILD_BUILDID": "42", "BUILD_BUILDNUMBER": "20261101.3",
            "SYSTEM_COLLECTIONURI": "https://dev.azure.com/shop/", "SYSTEM_TEAMPROJECT": "Web Shop", "BUILD_REQUESTEDFOR": "Ann B.",
        ]
        let job = CIJob(
            system: "azure",
            commit: commit,
            branch: "release/1.2",
            number: "42",
            address: "https://dev.azure.com/shop/Web%20Shop/_build/results?buildId=42",
            user: "Ann B."
        )
        var tag = job
        tag.branch = "v1.2"
        tag.departure = .tag
        var request = job
        request.branch = "feature/x"
        request.departure = .changeRequest
        return [
            example("Azure, a branch", common, job),
            example("Azure, a tag", common.merging(["BUILD_SOURCEBRANCH": "refs/tags/v1.2"]) { $1 }, tag),
            example(
                "Azure, a pull request",
                common.merging(["BUILD_SOURCEBRANCH": "refs/pull/1/merge", "SYSTEM_PULLREQUEST_SOURCEBRANCH": "refs/heads/feature/x"]) {
                    $1
                },
                request
            ),
        ]
    }()

    private static let circleCI: [Example] = {
        let common = [
            "CIRCLECI": "true", "CIRCLE_SHA1": commit, "CIRCLE_BUILD_NUM": "7",
            "CIRCLE_BUILD_URL": "https://circleci.com/gh/shop/api/7", "CIRCLE_USERNAME": "ann",
        ]
        let job = CIJob(
            system: "circleci",
            commit: commit,
            branch: "main",
            number: "7",
            address: "https://circleci.com/gh/shop/api/7",
            user: "ann"
        )
        var tag = job
        tag.branch = "v1.2"
        tag.departure = .tag
        var request = job
        request.branch = "pull/3"
        request.departure = .changeRequest
        return [
            example("CircleCI, a fork", common.merging(["CIRCLE_BRANCH": "pull/3", "CIRCLE_PR_NUMBER": "3"]) { $1 }, request),
            example("CircleCI, a branch", common.merging(["CIRCLE_BRANCH": "main"]) { $1 }, job),
            example("CircleCI, a tag", common.merging(["CIRCLE_TAG": "v1.2"]) { $1 }, tag),
        ]
    }()

    private static let jenkins: [Example] = {
        let common = [
            "JENKINS_URL": "https://ci.example.com/", "BUILD_TAG": "jenkins-shop-api-153", "BUILD_NUMBER": "153",
            "BUILD_URL": "https://ci.example.com/job/shop-api/153/", "GIT_COMMIT": commit,
        ]
        let job = CIJob(
            system: "jenkins",
            commit: commit,
            branch: "main",
            number: "153",
            address: "https://ci.example.com/job/shop-api/153/"
        )
        var request = job
        request.branch = "feature/x"
        request.user = "bob"
        request.departure = .changeRequest
        var own = job
        own.departure = .changeRequest
        var tag = job
        tag.departure = .tag
        var detached = job
        detached.branch = nil
        let unconfigured = CIJob(system: "jenkins", number: "153")
        return [
            example("Jenkins, freestyle", common.merging(["GIT_BRANCH": "origin/main"]) { $1 }, job),
            example("Jenkins, a remote branch in full", common.merging(["GIT_BRANCH": "refs/remotes/upstream/main"]) { $1 }, job),
            example("Jenkins, no branch", common.merging(["GIT_BRANCH": "detached"]) { $1 }, detached),
            example("Jenkins, a tag", common.merging(["BRANCH_NAME": "main", "TAG_NAME": "main", "GIT_BRANCH": "main"]) { $1 }, tag),
            example("Jenkins, a tag by its name in full", common.merging(["GIT_BRANCH": "refs/tags/main"]) { $1 }, tag),
            example("Jenkins, a parameter for a tag", common.merging(["BRANCH_NAME": "main", "TAG_NAME": "v1.2"]) { $1 }, job),
            example(
                "Jenkins, a merge request by the GitLab plugin",
                common.merging(["GIT_BRANCH": "origin/main", "gitlabMergeRequestIid": "3", "gitlabActionType": "MERGE"]) { $1 },
                own
            ),
            example("Jenkins, multibranch", common.merging(["BRANCH_NAME": "main", "GIT_BRANCH": "main"]) { $1 }, job),
            example(
                "Jenkins, a pull request",
                common.merging(["BRANCH_NAME": "PR-24", "CHANGE_BRANCH": "feature/x", "CHANGE_ID": "24", "CHANGE_AUTHOR": "bob"]) { $1 },
                request
            ),
            example(
                "Jenkins, the server does not know its address",
                [
                    "BUILD_TAG": "jenkins-shop-api-153", "BUILD_NUMBER": "153",
                    "RUN_DISPLAY_URL": "http://unconfigured-jenkins-location/job/shop-api/153/display/redirect",
                ],
                unconfigured
            ),
        ]
    }()

    private static let others = [
        example("any other", ["CI": "true"], CIJob(system: "ci")), example("any other, by name", ["CI": "woodpecker"], CIJob(system: "ci")),
        example("any other, a pull request", ["CI": "true", "DRONE_PULL_REQUEST": "3"], CIJob(system: "ci", departure: .changeRequest)),
        example("any other, no pull request", ["CI": "true", "TRAVIS_PULL_REQUEST": "false"], CIJob(system: "ci")),
        example("any other, a tag", ["CI": "true", "CI_COMMIT_TAG": "main"], CIJob(system: "ci", departure: .tag)),
    ]

    @Test(arguments: examples)
    func documentedVariablesSayWhichJobRuns(example: Example) throws {
        let directory = try TemporaryDirectory()
        let environment = BuildDetector.detect(
            variables: example.variables,
            directory: directory.path,
            pipeline: "p",
            run: "r",
            now: { ExampleWorld.now }
        )
        let build = environment.build
        let found = CIJob(
            system: build.system ?? "none",
            commit: build.commit,
            branch: build.branch,
            departure: environment.source == .tag ? .tag : environment.source == .changeRequest ? .changeRequest : nil,
            number: build.buildNumber,
            address: build.jobURL,
            user: build.user
        )
        #expect(found == example.expected)
        if example.expected.departure == nil { #expect(environment.source == build.branch.map { .branch($0) } ?? .unknown) }
        #expect(environment.event == .ci)
        #expect(build.run == "r" && build.pipeline == "p")
        #expect(environment.variables == example.variables)
    }

    @Test(arguments: ["", "false", "0", "no"])
    func variableThatSaysNoIsNoSystem(value: String) throws {
        let directory = try TemporaryDirectory()
        let environment = BuildDetector.detect(
            variables: ["CI": value, "GITHUB_ACTIONS": value, "USER": "ann"],
            directory: directory.path,
            pipeline: "p",
            run: "r",
            now: { ExampleWorld.now }
        )
        #expect(environment.build == BuildRecord(run: "r", pipeline: "p", user: "ann"))
        #expect(environment.event == .manual)
    }

    @Test func commitThatIsNoWholeIDIsLeftOut() {
        let variables = ["GITLAB_CI": "true", "CI_COMMIT_SHA": "1a2b3c4d"]
        #expect(CISystem.gitLab.job(BuildVariables(variables)) == CIJob(system: "gitlab"))
    }

    @Test(arguments: [
        (["HOOK_EVENT": "pre-push"], RunEnvironment.Event.prePush), (["HOOK_EVENT": "pre-push", "CI": "true"], .prePush),
        (["HOOK_EVENT": "manual", "CI": "true"], .manual), (["HOOK_EVENT": "ci"], .ci), ([:], .manual), (["CI": "1"], .ci),
        (["HOOK_EVENT": "something"], .manual),
    ])
    func eventIsWhatTheGitHookSaysOrWhoRuns(variables: [String: String], event: RunEnvironment.Event) throws {
        let directory = try TemporaryDirectory()
        let environment = BuildDetector.detect(
            variables: variables,
            directory: directory.path,
            pipeline: "p",
            run: "r",
            now: { ExampleWorld.now }
        )
        #expect(environment.event == event)
    }

    @Test(arguments: [
        (["USER": "ann"], "ann"), (["LOGNAME": "ann"], "ann"), (["USER": "root", "SUDO_USER": "ann"], "ann"), ([:], nil),
        (["USER": "jenkins", "CI": "true"], nil),
    ])
    func personIsNamedOnlyWhereAPersonRanIt(variables: [String: String], user: String?) throws {
        let directory = try TemporaryDirectory()
        let build = BuildDetector.detect(
            variables: variables,
            directory: directory.path,
            pipeline: "p",
            run: "r",
            now: { ExampleWorld.now }
        ).build
        #expect(build.user == user)
    }

    @Test(arguments: [
        ("https://ci.example.com/job/1", "https://ci.example.com/job/1"),
        ("https://ann:secret@ci.example.com:8443/job/1?a=b@c", "https://ci.example.com:8443/job/1?a=b@c"),
        ("HTTP://ann:p@ss@ci/", "http://ci/"), ("https://token@ci", "https://ci"), ("https://ci/@user", "https://ci/@user"),
        ("ftp://ci/job", nil), ("/job/1", nil), ("https://", nil), ("https://ann:secret@/job", nil),
        ("http://unconfigured-jenkins-location/x", nil),
    ])
    func addressIsShownWithoutSecretsOrNotAtAll(address: String, shown: String?) {
        #expect(JobAddress.public(address) == shown)
    }
}
