/// The files that `hook init` writes: the same as in `examples/gitlab` and `examples/jenkins`.
enum StarterFiles {
    /// A first pipeline.
    static let pipeline = #"""
        # What `hook run` does here. `hook validate` checks this file; `hook rules list` shows what else there is, `hook rules show RULE` its settings.

        # What hook remembers must outlast a CI job: name a path on the build host there, outside of what the job's runner empties.
        ledger: "${HOOK_LEDGER:-.hook/ledger.sqlite}"

        # git ignores .hook: what hook makes there carries its own .gitignore.
        reports:
          junit: .hook/junit.xml

        stages:
          # The first three are for CI and by hand, and not for a push: a push must not fail for other projects' images on this engine.
          # Remembers which image each tag names, and which build made it so. `images: ["shop/*"]` would record those alone.
          - rule: track-tags
            when: { event: [ci, manual] }

          # Finds each tag that moved, and says of each <none> image why it is one. A finding fails the run; the next stage is carried out all the same.
          - rule: detect-overwritten
            when: { event: [ci, manual] }
            on-failure: continue
            with:
              allow: ["*:latest"]

          # Shows what would be removed and what would be kept, and why. When you agree with it, take `dry-run` out.
          - rule: prune
            when: { event: [ci, manual] }
            dry-run: true
            with:
              older-than: 24h

          # Before a push, which `hook install` is for: stops it where a tag of these images is in the registry with other content, so that pushing
          # the image would overwrite it. Name your images, and take the marks away.
          # - rule: guard-tags
          #   when: { event: [pre-push] }
          #   with:
          #     images: ["registry.example.com/shop/*"]
          #     allow: ["*:latest"]

        """#

    /// A job for GitLab.
    static let gitLab = #"""
        # hook as a job, on a runner that shares the host's Docker Engine (a shell executor, or /var/run/docker.sock mounted). Its findings appear in the
        # merge request's test report and on the pipeline's "Tests" tab. `hook run --only track-tags` before a build makes the evidence complete.
        image-hygiene:
          stage: .post
          variables:
            # On the host, where the runner may write. Several jobs may use it at the same time.
            HOOK_LEDGER: /var/lib/hook/ledger.sqlite
          script:
            - hook run --format gitlab
          # 1 says that findings failed: seen, without blocking the pipeline. Take this out to block it.
          allow_failure:
            exit_codes: [1]
          artifacts:
            when: always
            reports:
              junit: .hook/junit.xml

        """#

    /// A stage for Jenkins.
    static let jenkins = #"""
        // hook as a stage, on an agent that shares the host's Docker Engine. `hook run --only track-tags` before a build makes the evidence complete.
        pipeline {
            agent any
            environment {
                // Outside the workspace, so that it remembers from build to build. Several jobs may use it at the same time.
                HOOK_LEDGER = "${env.HOME}/.local/state/hook/ledger.sqlite"
            }
            stages {
                stage('Image hygiene') {
                    steps {
                        script {
                            // 1: findings failed, which junit shows; anything else is an error of the step.
                            def code = sh(script: 'hook run', returnStatus: true)
                            if (code == 1) { unstable('hook found images that lost their tag') }
                            else if (code != 0) { error("hook ended with exit code ${code}") }
                        }
                    }
                    post {
                        always { junit testResults: '.hook/junit.xml', allowEmptyResults: true }
                    }
                }
            }
        }

        """#
}
