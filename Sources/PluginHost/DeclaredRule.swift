import HookKit
import PluginWire

/// A rule that a plugin declares, as the registry knows it: hook reads its settings by their schema, and has the plugin run it.
struct DeclaredRule: Sendable {
    private let declaration: RuleDeclaration
    private let plugin: Plugin
    private let settings: [(description: SettingDescription, schema: ValueSchema)]

    /// Understands a declaration; one that hook does not understand is a failure of the plugin.
    init(_ declaration: RuleDeclaration, of plugin: Plugin) throws(PluginFailure) {
        self.declaration = declaration
        self.plugin = plugin
        do throws(WireMistake) {
            try Self.checkName(declaration.name)
            settings = try SettingsSchema(declaration.settings).settings
        } catch {
            let message = "\(plugin.executable.title) declares the rule '\(declaration.name)' in a way that hook cannot use: \(error)"
            throw PluginFailure(.declaration, message)
        }
    }

    /// The rule for the registry.
    var registered: RegisteredRule {
        RegisteredRule(
            name: declaration.name,
            abstract: declaration.abstract,
            discussion: declaration.discussion,
            effect: declaration.effect,
            origin: plugin.executable.title,
            settings: settings.map(\.description),
            examples: declaration.examples
        ) { entries, directory in prepare(entries, directory: directory) }
    }

    private func prepare(_ entries: [ConfigValue.Entry], directory: String) -> RegisteredRule.Preparation {
        var members: [JSONValue.Member] = []
        var diagnostics: [Diagnostic] = []
        for entry in entries {
            guard let (description, schema) = settings.first(where: { $0.description.key == entry.key }) else { continue }
            var decoding = SettingDecoding(key: entry.key, directory: directory, default: description.defaultValue)
            if let value = schema.read(entry.value, in: &decoding) { members.append(.init(entry.key, value)) }
            diagnostics += decoding.diagnostics
        }
        let isComplete = settings.allSatisfy { setting in
            !setting.description.isRequired || entries.contains { $0.key == setting.description.key }
        }
        let given = JSONValue.object(members)
        let rule = PreparedRule(name: declaration.name, effect: declaration.effect) {
            try await self.problems(of: given, entries: entries, directory: directory)
        } body: { context in
            try await plugin.run(declaration.name, settings: given, directory: directory, in: context)
        }
        return RegisteredRule.Preparation(rule: isComplete ? rule : nil, diagnostics: diagnostics)
    }

    /// What only the plugin itself can say about the settings, at their places.
    private func problems(of settings: JSONValue, entries: [ConfigValue.Entry], directory: String) async throws -> [Diagnostic] {
        let found = try await plugin.problems(rule: declaration.name, settings: settings, directory: directory)
        let given = ConfigValue(.mapping(entries))
        return found.map { problem in
            Diagnostic(.error, problem.message, at: problem.position(in: given) ?? entries.first?.keyPosition)
        }
    }

    private static func checkName(_ name: String) throws(WireMistake) {
        let words = name.split(separator: "-", omittingEmptySubsequences: false)
        let isKebabCase = words.allSatisfy { word in
            !word.isEmpty && word.unicodeScalars.allSatisfy { ("a"..."z").contains($0) || ("0"..."9").contains($0) }
        }
        guard isKebabCase else { throw WireMistake("its name is not in kebab-case") }
    }
}
