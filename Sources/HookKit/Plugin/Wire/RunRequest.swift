package import PluginWire

/// The parameters of `run`: which rule, with which settings, and where.
package struct RunRequest: Sendable {
    /// The rule's name.
    package let rule: String
    /// The settings, which agree with the rule's schema.
    package let settings: JSONValue
    /// The stage's name.
    package let stage: String
    /// The directory that relative paths in the settings are relative to.
    package let directory: String
    /// Says whether nothing may be changed.
    package let isDryRun: Bool
    /// The address of the container engine, for plugins that speak with it themselves.
    package let dockerHost: String?
    /// The ledger's file, for plugins that read it themselves.
    package let ledger: String?
    /// The build that the run belongs to.
    package let build: BuildRecord
    /// What started the run.
    package let event: RunEnvironment.Event
    /// The environment's variables.
    package let variables: [String: String]
    /// The time on hook's clock.
    package let time: Timestamp

    /// Asks for a run of a rule in a context; `directory` is what relative paths in the settings are relative to.
    package init(
        rule: String,
        settings: JSONValue,
        directory: String,
        context: RuleContext,
        dockerHost: String?,
        ledger: String?
    ) {
        self.rule = rule
        self.settings = settings
        stage = context.stage
        self.directory = directory
        isDryRun = context.isDryRun
        self.dockerHost = dockerHost
        self.ledger = ledger
        build = context.environment.build
        event = context.environment.event
        variables = context.environment.variables
        time = context.environment.now()
    }

    /// Reads the parameters.
    package init(wire value: JSONValue) throws(WireMistake) {
        let request = try WireObject(value, "a request to run")
        rule = try request.string("rule")
        settings = request["settings"] ?? .object([])
        let context = try WireObject(request["context"], "the context of a run")
        stage = try context.string("stage")
        directory = try context.string("directory")
        // What is not said must not end in a deletion.
        isDryRun = try context.boolean("dryRun", default: true)
        dockerHost = try context.optional("docker") { (value) throws(WireMistake) in
            try WireObject(value, "'docker'").optionalString("host")
        }.flatMap(\.self)
        ledger = try context.optionalString("ledger")
        let environment = try WireObject(context["environment"], "the environment of a run")
        build = try environment.value("build")
        let word = try environment.string("event")
        guard let event = RunEnvironment.Event(rawValue: word) else { throw WireMistake("'\(word)' is no event") }
        self.event = event
        variables = try environment.texts("variables")
        time = try context.value("time")
    }

    /// The parameters as an object.
    package var wire: JSONValue {
        .wire([
            "rule": rule, "settings": settings,
            "context": JSONValue.wire([
                "dryRun": isDryRun, "stage": stage, "directory": directory, "time": time,
                "docker": dockerHost.map { JSONValue.wire(["host": $0]) }, "ledger": ledger,
                "environment": JSONValue.wire(["event": event.rawValue, "build": build, "variables": variables]),
            ]),
        ])
    }
}
