package import HookKit

extension Pipeline {
    /// The pipeline of `hook rules run`: one stage that is named after its rule, without a file.
    package init(running rule: PreparedRule, directory: String, ledger: ConfigPath) {
        self.init(
            name: rule.name,
            file: rule.name,
            directory: directory,
            dockerHost: nil,
            ledger: ledger,
            reports: [:],
            variables: [:],
            stages: [
                Stage(
                    number: 1,
                    name: rule.name,
                    rule: rule,
                    settings: nil,
                    condition: Condition(),
                    timeout: nil,
                    failurePolicy: .stop,
                    isDryRun: false
                )
            ],
            warnings: []
        )
    }
}
