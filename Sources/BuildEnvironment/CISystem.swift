/// A CI system, known by the variables that it sets.
struct CISystem: Sendable {
    /// What the variables say of the job that runs; `nil` where they are not this system's.
    let job: @Sendable (BuildVariables) -> CIJob?

    /// Every system, the general case last.
    static let all = [gitLab, gitHub, bitbucket, azure, circleCI, jenkins, other]

    /// GitLab CI.
    ///
    /// Source: docs.gitlab.com, "Predefined CI/CD variables reference". `CI_COMMIT_REF_NAME` may be `refs/merge-requests/1/head`.
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
            number: variables["CI_PIPELINE_ID"],
            address: variables.address(variables.first("CI_JOB_URL", "CI_PIPELINE_URL")),
            user: variables.first("GITLAB_USER_LOGIN", "GITLAB_USER_NAME")
        )
    }

    /// GitHub Actions, and those who speak like it.
    ///
    /// Source: docs.github.com, "Variables reference". For a pull request `GITHUB_REF_NAME` is `26/merge`. The runners of Gitea and Forgejo
    /// set the same variables, but their runs have other addresses.
    static let gitHub = CISystem { variables in
        guard variables.isOn("GITHUB_ACTIONS") else { return nil }
        let system = variables.isOn("FORGEJO_ACTIONS") ? "forgejo" : variables.isOn("GITEA_ACTIONS") ? "gitea" : "github"
        let attempt = variables["GITHUB_RUN_ATTEMPT"].map { $0 == "1" ? "" : "/attempts/\($0)" } ?? ""
        return CIJob(
            system: system,
            commit: variables.commit("GITHUB_SHA"),
            branch: variables.branch("GITHUB_HEAD_REF", "GITHUB_REF_NAME", "GITHUB_REF"),
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
    /// Source: circleci.com, "Project values and variables".
    static let circleCI = CISystem { variables in
        guard variables.isOn("CIRCLECI") else { return nil }
        return CIJob(
            system: "circleci",
            commit: variables.commit("CIRCLE_SHA1"),
            branch: variables.branch("CIRCLE_BRANCH", "CIRCLE_TAG"),
            number: variables["CIRCLE_BUILD_NUM"],
            address: variables.address(variables["CIRCLE_BUILD_URL"]),
            user: variables["CIRCLE_USERNAME"]
        )
    }

    /// Jenkins.
    ///
    /// Source: a Jenkins server's `/env-vars.html`, and the Git and Build User Vars plugins. `JENKINS_URL` is set only where the server's
    /// address is configured; `BUILD_TAG` is always `jenkins-<job>-<number>`. `GIT_BRANCH` is normally `origin/main`; `BRANCH_NAME` of a
    /// pull request is `PR-24`.
    static let jenkins = CISystem { variables in
        let isJenkins = variables["JENKINS_URL"] != nil || variables["BUILD_TAG"]?.hasPrefix("jenkins-") == true
        guard isJenkins else { return nil }
        let remote = variables["GIT_BRANCH"].map { $0.hasPrefix("origin/") ? String($0.dropFirst("origin/".count)) : GitHead.shortName($0) }
        return CIJob(
            system: "jenkins",
            commit: variables.commit("GIT_COMMIT"),
            branch: variables.branch("CHANGE_BRANCH", "BRANCH_NAME", "TAG_NAME", "GIT_LOCAL_BRANCH")
                ?? (remote == "detached" ? nil : remote),
            number: variables["BUILD_NUMBER"],
            address: variables.address(variables.first("BUILD_URL", "RUN_DISPLAY_URL")),
            user: variables.first("BUILD_USER_ID", "BUILD_USER", "CHANGE_AUTHOR")
        )
    }

    /// Any other system: almost all of them set `CI`.
    static let other = CISystem { variables in variables.isOn("CI") ? CIJob(system: "ci") : nil }
}
