package import HookKit

/// A pipeline in which everything is right: every rule is known, and every setting is read.
package struct Pipeline: Sendable {
    /// The pipeline's name.
    package let name: String
    /// The file, as the user named it.
    package let file: String
    /// The directory that the file's paths are relative to, from the root.
    package let directory: String
    /// The engine's address, where the file gives one.
    package let dockerHost: String?
    /// The ledger's file.
    package let ledger: ConfigPath
    /// Files to write reports to.
    package let reports: [ReportFormat: ConfigPath]
    /// What `${NAME}` stands for: `--set`, then the file's variables, then the environment.
    package let variables: [String: String]
    /// The values that came into the file's scalars from `--set` and the environment, by name: secrets may be among them.
    package let outsideValues: [String: String]
    /// The stages, in order; never empty.
    package let stages: [Stage]
    /// What may be wrong, in the order of the file; nothing of it is an error.
    package let warnings: [Diagnostic]

    /// Makes a pipeline that is no file's, such as that of `hook rules run`.
    package init(
        name: String,
        file: String,
        directory: String,
        dockerHost: String? = nil,
        ledger: ConfigPath,
        reports: [ReportFormat: ConfigPath] = [:],
        variables: [String: String] = [:],
        outsideValues: [String: String] = [:],
        stages: [Stage],
        warnings: [Diagnostic] = []
    ) {
        self.name = name
        self.file = file
        self.directory = directory
        self.dockerHost = dockerHost
        self.ledger = ledger
        self.reports = reports
        self.variables = variables
        self.outsideValues = outsideValues
        self.stages = stages
        self.warnings = warnings
    }
}
