package import HookKit

/// A pipeline file that was read, before its plugins are started: everything but rules and their settings is checked.
///
/// What is wrong so far does not stop the reading: `pipeline(with:and:)` reports it together with what the rules find.
package struct PipelineDraft: Sendable {
    /// The pipeline's name.
    package let name: String
    /// The file, as the user named it.
    package let file: String
    /// The directory that the file's paths are relative to, from the root.
    package let directory: String
    /// The plugins to start before the rules are looked up.
    package let plugins: [PluginReference]
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
    /// What is wrong so far, in the order of the file.
    package let diagnostics: [Diagnostic]
    /// Prints diagnostics with the file's lines.
    package let renderer: DiagnosticRenderer

    /// The names of the stages, as far as they could be read, in order.
    package var stageNames: [String] { stages.map(\.name).filter { !$0.isEmpty } }

    let stages: [StageDraft]
    /// Places of values that could not be read because a variable is wrong: what a rule says about them is not worth saying.
    let unreadable: Set<SourcePosition>

    /// Looks up every stage's rule and reads its settings.
    ///
    /// A pipeline comes out of this only when nothing at all is wrong with the file; otherwise everything that is wrong is thrown together.
    ///
    /// - Parameters:
    ///   - registry: the rules that are built in, and those of the plugins.
    ///   - others: what was found elsewhere, for example about a plugin.
    ///   - substitute: stands in for a rule that is not registered, where a plugin that may have brought it cannot be used.
    package func pipeline(
        with registry: RuleRegistry,
        and others: [Diagnostic] = [],
        substitute: (_ rule: String) -> PreparedRule? = { _ in nil }
    ) throws(InvalidPipeline) -> Pipeline {
        var found: [Diagnostic] = []
        var ready: [Stage] = []
        for stage in stages {
            let preparation = prepare(stage, with: registry, substitute: substitute)
            found += preparation.diagnostics
            guard let rule = preparation.rule else { continue }
            ready.append(
                Stage(
                    number: stage.number,
                    name: stage.name,
                    rule: rule,
                    settings: stage.settings,
                    condition: stage.condition,
                    timeout: stage.timeout,
                    failurePolicy: stage.failurePolicy,
                    isDryRun: stage.isDryRun
                )
            )
        }
        let all = Self.sorted(diagnostics + others + found.filter { !($0.position.map(unreadable.contains) ?? false) })
        guard !all.contains(where: { $0.severity == .error }), ready.count == stages.count, !ready.isEmpty else {
            throw InvalidPipeline(diagnostics: all, renderer: renderer)
        }
        return Pipeline(
            name: name,
            file: file,
            directory: directory,
            dockerHost: dockerHost,
            ledger: ledger,
            reports: reports,
            variables: variables,
            outsideValues: outsideValues,
            stages: ready,
            warnings: all
        )
    }

    /// Asks every rule that runs elsewhere what it has against its settings; throws with all of it.
    ///
    /// Where a rule does not answer, nothing is said here: its stage fails when it is run.
    package func check(_ pipeline: Pipeline) async throws(InvalidPipeline) {
        var found: [Diagnostic] = []
        for stage in pipeline.stages { found += (try? await stage.rule.problems()) ?? [] }
        guard found.contains(where: { $0.severity == .error }) else { return }
        throw InvalidPipeline(diagnostics: Self.sorted(pipeline.warnings + found), renderer: renderer)
    }

    private func prepare(
        _ stage: StageDraft,
        with registry: RuleRegistry,
        substitute: (String) -> PreparedRule?
    ) -> RegisteredRule.Preparation {
        let rule = stage.rule.flatMap { registry[$0.name] }
        var diagnostics = stage.unknownKeys.map { key in
            let isSetting = rule?.settings.contains { $0.key == key.name } ?? false
            let hint = isSetting ? "; settings of the rule stand under 'with'" : NearestName.hint(for: key.name, among: StageKey.names)
            return Diagnostic(.error, "a stage has no key '\(key.name)'\(hint)", at: key.position)
        }
        guard let named = stage.rule else { return RegisteredRule.Preparation(rule: nil, diagnostics: diagnostics) }
        guard let rule else {
            if let stand = substitute(named.name) { return RegisteredRule.Preparation(rule: stand, diagnostics: diagnostics) }
            let hint = NearestName.hint(for: named.name, among: registry.rules.map(\.name))
            diagnostics.append(Diagnostic(.error, "there is no rule '\(named.name)'\(hint)", at: named.position))
            diagnostics += Self.settingsWithoutKeys(stage.settings)
            return RegisteredRule.Preparation(rule: nil, diagnostics: diagnostics)
        }
        let elsewhere = Dictionary(uniqueKeysWithValues: StageKey.names.map { ($0, "it stands beside 'with', not in it") })
        let own = rule.prepare(stage.settings, directory: directory, at: named.position, elsewhere: elsewhere)
        diagnostics += own.diagnostics
        if own.rule == nil, !own.diagnostics.contains(where: { $0.severity == .error }) {
            diagnostics.append(Diagnostic(.error, "\(rule.name) refuses its settings, and does not say why", at: named.position))
        }
        return RegisteredRule.Preparation(rule: own.rule, diagnostics: diagnostics)
    }

    /// What can be said about settings whose rule is not known.
    private static func settingsWithoutKeys(_ settings: ConfigValue?) -> [Diagnostic] {
        switch settings?.content {
        case nil, .null, .mapping: return []
        default:
            let message = "'with' must be a mapping of settings, not \(settings?.shortDescription ?? "nothing")"
            return [Diagnostic(.error, message, at: settings?.position)]
        }
    }

    /// Diagnostics in the order of the file, each once: what stands behind an anchor is read wherever an alias names it.
    static func sorted(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
        var seen: Set<Diagnostic> = []
        let top = SourcePosition(line: 0, column: 0)
        return diagnostics.filter { seen.insert($0).inserted }.enumerated()
            .sorted { ($0.element.position ?? top, $0.offset) < ($1.element.position ?? top, $1.offset) }
            .map(\.element)
    }
}
