/// A CI system, known by the variables that it sets.
struct CISystem: Sendable {
    /// What the variables say of the job that runs; `nil` where they are not this system's.
    let job: @Sendable (BuildVariables) -> CIJob?

    /// Every system, the general case last.
    static let all = [gitLab, gitHub, bitbucket, azure, circleCI, jenkins, other]

    /// GitLab CI.
    ///
    /// Source: docs.gitlab.com, "Predefined CI/CD variables reference". `CI_COMMIT_REF_NAME` may be `refs/merge-requests/1/head`, and
    /// `refs/merge-requests/1/merge` for merged results. `CI_OPEN_MERGE_REQUESTS` is set for branches too.
    static let gitLab = CISystem { variables in
        guard variables.isOn("GITLAB_CI") else { return nil }
        return CIJob(
            system: "gitlab",
            commit: variables.commit("CI_COMMIT_SHA"),
            branch: variables.branch(
                "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
                "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME",
                "CI_COMMIT_BRANCH",
                "CI_COMMIT_TAG",
                "CI_COMMIT_REF_NAME"
            ),
            departure: .of(
                isChangeRequest: variables.first(
                    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
                    "CI_MERGE_REQUEST_IID",
                    "CI_MERGE_REQUEST_ID",
                    "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME",
                    "CI_EXTERNAL_PULL_REQUEST_IID"
                ) != nil || variables["CI_COMMIT_REF_NAME"]?.hasPrefix("refs/merge-requests/") == true
                    || ["merge_request_event", "external_pull_request_event"].contains(variables["CI_PIPELINE_SOURCE"]),
                isTag: variables["CI_COMMIT_TAG"] != nil
            ),
            number: variables["CI_PIPELINE_ID"],
            address: variables.address(variables.first("CI_JOB_URL", "CI_PIPELINE_URL")),
            user: variables.first("GITLAB_USER_LOGIN", "GITLAB_USER_NAME")
        )
    }

    /// GitHub Actions, and those who speak like it.
    ///
    /// Source: docs.github.com, "Variables reference". For a pull request `GITHUB_REF_NAME` is `26/merge`, and for `pull_request_target` the branch
    /// that it is to be merged into, while the job may have checked out the request. The runners of Gitea and Forgejo set the same variables, but
    /// their runs have other addresses.
    static let gitHub = CISystem { variables in
        guard variables.isOn("GITHUB_ACTIONS") else { return nil }
        let system = variables.isOn("FORGEJO_ACTIONS") ? "forgejo" : variables.isOn("GITEA_ACTIONS") ? "gitea" : "github"
        let attempt = variables["GITHUB_RUN_ATTEMPT"].map { $0 == "1" ? "" : "/attempts/\($0)" } ?? ""
        return CIJob(
            system: system,
            commit: variables.commit("GITHUB_SHA"),
            branch: variables.branch("GITHUB_HEAD_REF", "GITHUB_REF_NAME", "GITHUB_REF"),
            departure: .of(
                isChangeRequest: variables["GITHUB_HEAD_REF"] != nil || variables["GITHUB_REF"]?.hasPrefix("refs/pull/") == true
                    || variables["GITHUB_EVENT_NAME"]?.hasPrefix("pull_request") == true,
                isTag: variables["GITHUB_REF_TYPE"] == "tag" || variables["GITHUB_REF"]?.hasPrefix("refs/tags/") == true
            ),
            number: variables["GITHUB_RUN_ID"],
            address: system != "github"
                ? nil
                : variables.address(
                    variables["GITHUB_SERVER_URL"],
                    "/",
                    variables["GITHUB_REPOSITORY"],
                    "/actions/runs/",
                    variables["GITHUB_RUN_ID"],
                    attempt
                ),
            user: variables.first("GITHUB_TRIGGERING_ACTOR", "GITHUB_ACTOR")
        )
    }

    /// Bitbucket Pipelines.
    ///
    /// Source: support.atlassian.com, "Variables and secrets". Who started a step is given as a UUID only.
    static let bitbucket = CISystem { variables in
        guard let number = variables["BITBUCKET_BUILD_NUMBER"] else { return nil }
        return CIJob(
            system: "bitbucket",
            commit: variables.commit("BITBUCKET_COMMIT"),
            branch: variables.branch("BITBUCKET_BRANCH", "BITBUCKET_TAG"),
            departure: .of(isChangeRequest: variables["BITBUCKET_PR_ID"] != nil, isTag: variables["BITBUCKET_TAG"] != nil),
            number: number,
            address: variables.address("https://bitbucket.org/", variables["BITBUCKET_REPO_FULL_NAME"], "/pipelines/results/", number)
        )
    }

    /// Azure Pipelines.
    ///
    /// Source: learn.microsoft.com, "Use predefined variables". Branches come as `refs/heads/main`; a pull request's `BUILD_SOURCEBRANCH` is
    /// `refs/pull/1/merge`.
    static let azure = CISystem { variables in
        guard variables.isOn("TF_BUILD") else { return nil }
        let collection = variables.first("SYSTEM_COLLECTIONURI", "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI")
        return CIJob(
            system: "azure",
            commit: variables.commit("BUILD_SOURCEVERSION"),
            branch: variables.branch("SYSTEM_PULLREQUEST_SOURCEBRANCH", "BUILD_SOURCEBRANCH", "BUILD_SOURCEBRANCHNAME"),
            departure: .of(
                isChangeRequest: variables.first("SYSTEM_PULLREQUEST_SOURCEBRANCH", "SYSTEM_PULLREQUEST_PULLREQUESTID") != nil
                    || variables["BUILD_SOURCEBRANCH"]?.hasPrefix("refs/pull/") == true || variables["BUILD_REASON"] == "PullRequest",
                isTag: variables["BUILD_SOURCEBRANCH"]?.hasPrefix("refs/tags/") == true
            ),
            number: variables["BUILD_BUILDID"],
            address: variables.address(
                collection.map { $0.hasSuffix("/") ? $0 : $0 + "/" },
                variables["SYSTEM_TEAMPROJECT"].map(JobAddress.escaped),
                "/_build/results?buildId=",
                variables["BUILD_BUILDID"]
            ),
            user: variables["BUILD_REQUESTEDFOR"]
        )
    }

    /// CircleCI.
    ///
    /// Source: circleci.com, "Project values and variables". `CIRCLE_PR_NUMBER` is set for what comes from a fork, `CIRCLE_PULL_REQUEST` for a
    /// branch of the repository too.
    static let circleCI = CISystem { variables in
        guard variables.isOn("CIRCLECI") else { return nil }
        return CIJob(
            system: "circleci",
            commit: variables.commit("CIRCLE_SHA1"),
            branch: variables.branch("CIRCLE_BRANCH", "CIRCLE_TAG"),
            departure: .of(isChangeRequest: variables["CIRCLE_PR_NUMBER"] != nil, isTag: variables["CIRCLE_TAG"] != nil),
            number: variables["CIRCLE_BUILD_NUM"],
            address: variables.address(variables["CIRCLE_BUILD_URL"]),
            user: variables["CIRCLE_USERNAME"]
        )
    }

    /// Jenkins.
    ///
    /// Source: a Jenkins server's `/env-vars.html`, and the Git and Build User Vars plugins. `JENKINS_URL` is set only where the server's
    /// address is configured; `BUILD_TAG` is always `jenkins-<job>-<number>`. `GIT_BRANCH` is normally `origin/main`; `BRANCH_NAME` of a
    /// pull request is `PR-24`, and of a tag the tag. A `TAG_NAME` beside another `BRANCH_NAME` is a job's own parameter. The GitLab plugin and the GitHub
    /// pull request builder say so by variables of their own.
    static let jenkins = CISystem { variables in
        let isJenkins = variables["JENKINS_URL"] != nil || variables["BUILD_TAG"]?.hasPrefix("jenkins-") == true
        guard isJenkins else { return nil }
        let remote = variables["GIT_BRANCH"].map { $0.hasPrefix("origin/") ? String($0.dropFirst("origin/".count)) : GitHead.shortName($0) }
        return CIJob(
            system: "jenkins",
            commit: variables.commit("GIT_COMMIT"),
            branch: variables.branch("CHANGE_BRANCH", "BRANCH_NAME", "TAG_NAME", "GIT_LOCAL_BRANCH")
                ?? (remote == "detached" ? nil : remote),
            departure: .of(
                isChangeRequest: variables.first("CHANGE_ID", "CHANGE_BRANCH", "CHANGE_TARGET", "gitlabMergeRequestIid", "ghprbPullId")
                    != nil,
                isTag: variables["TAG_NAME"].map { $0 == variables["BRANCH_NAME"] ?? $0 } ?? false
                    || variables.first("BRANCH_NAME", "GIT_BRANCH").map { $0.hasPrefix("refs/tags/") || $0.hasPrefix("tags/") } ?? false
                    || variables["gitlabActionType"] == "TAG_PUSH"
            ),
            number: variables["BUILD_NUMBER"],
            address: variables.address(variables.first("BUILD_URL", "RUN_DISPLAY_URL")),
            user: variables.first("BUILD_USER_ID", "BUILD_USER", "CHANGE_AUTHOR")
        )
    }

    /// Any other system: almost all of them set `CI`.
    ///
    /// What it builds is what git says, and that may be the branch that a request was merged into for a try: the documented variables of Drone,
    /// Woodpecker, Travis CI, Buildkite, AppVeyor, Cirrus CI and Semaphore say which it is.
    static let other = CISystem { variables in
        guard variables.isOn("CI") else { return nil }
        let requests = [
            "DRONE_PULL_REQUEST", "CI_COMMIT_PULL_REQUEST", "TRAVIS_PULL_REQUEST", "BUILDKITE_PULL_REQUEST", "APPVEYOR_PULL_REQUEST_NUMBER",
            "CIRRUS_PR", "SEMAPHORE_GIT_PR_NUMBER",
        ]
        let tags = [
            "DRONE_TAG", "CI_COMMIT_TAG", "TRAVIS_TAG", "BUILDKITE_TAG", "APPVEYOR_REPO_TAG_NAME", "CIRRUS_TAG", "SEMAPHORE_GIT_TAG_NAME",
        ]
        return CIJob(
            system: "ci",
            departure: .of(isChangeRequest: requests.contains(where: variables.isOn), isTag: tags.contains { variables[$0] != nil })
        )
    }
}
