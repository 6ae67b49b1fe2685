package import HookKit

/// The plugins of a pipeline: started side by side, their rules registered, and ended together.
///
/// A plugin that cannot be used does not stop the others: `failures` says what is wrong, and `substitute(for:)` stands in for its rules.
package struct PluginHost: Sendable {
    /// A plugin that cannot be used.
    package struct Failure: Hashable, Sendable {
        /// The plugin.
        package let executable: PluginExecutable
        /// Why.
        package let reason: PluginFailure
    }

    /// What cannot be used, in the order in which the plugins are named.
    package let failures: [Failure]
    /// The rules that are built in and those of the plugins; a name that two claim stands for neither.
    package let registry: RuleRegistry
    private let plugins: [Plugin]
    /// Names that a plugin which cannot be used claims too.
    private let contested: [String: PluginFailure]

    /// Starts plugins side by side, and registers their rules beside those of `registry`.
    package static func start(
        _ executables: [PluginExecutable],
        beside registry: RuleRegistry,
        in surroundings: PluginSurroundings
    ) async -> PluginHost {
        let plugins = executables.map { Plugin($0, in: surroundings) }
        let answers = await withTaskGroup(of: (Int, Result<[RegisteredRule], PluginFailure>).self) { group in
            for (index, plugin) in plugins.enumerated() { group.addTask { (index, await rules(of: plugin)) } }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        var registry = registry
        var failures: [Failure] = []
        var contested: [String: PluginFailure] = [:]
        for (index, executable) in executables.enumerated() {
            switch answers[index] {
            case .success(let rules):
                guard let failure = register(rules, of: executable, in: &registry, contested: &contested) else { continue }
                failures.append(Failure(executable: executable, reason: failure))
            case .failure(let failure): failures.append(Failure(executable: executable, reason: failure))
            case nil: preconditionFailure("every plugin was started")
            }
        }
        for name in contested.keys { registry.remove(name) }
        return PluginHost(failures: failures, registry: registry, plugins: plugins, contested: contested)
    }

    /// The rule that stands for a name which is not registered: it fails its stage with what is wrong with the plugin that may have brought it.
    package func substitute(for name: String) -> PreparedRule? {
        let reason = contested[name] ?? combined
        return reason.map { reason in PreparedRule(name: name, effect: .observes) { _ in throw reason } }
    }

    /// Ends every plugin, and waits for the end of all of them.
    package func stop() async {
        await withDiscardingTaskGroup { group in
            for plugin in plugins { group.addTask { await plugin.stop() } }
        }
    }

    /// What is wrong with every plugin that cannot be used: any of them may have brought a rule that is not there.
    private var combined: PluginFailure? {
        guard let first = failures.first else { return nil }
        return PluginFailure(first.reason.code, failures.map(\.reason.description).joined(separator: "; "))
    }

    // MARK: Registering

    private static func rules(of plugin: Plugin) async -> Result<[RegisteredRule], PluginFailure> {
        do throws(PluginFailure) {
            let introduction = try await plugin.start()
            var rules: [RegisteredRule] = []
            for declaration in introduction.rules { rules.append(try DeclaredRule(declaration, of: plugin).registered) }
            return .success(rules)
        } catch {
            await plugin.stop()
            return .failure(error)
        }
    }

    /// Registers all rules of a plugin, or none.
    private static func register(
        _ rules: [RegisteredRule],
        of executable: PluginExecutable,
        in registry: inout RuleRegistry,
        contested: inout [String: PluginFailure]
    ) -> PluginFailure? {
        var extended = registry
        var first: PluginFailure?
        for rule in rules {
            do throws(RuleRegistryError) {
                try extended.register(rule)
            } catch {
                let failure = PluginFailure(.declaration, error.description)
                contested[rule.name] = failure
                first = first ?? failure
            }
        }
        if let first { return first }
        registry = extended
        return nil
    }
}
