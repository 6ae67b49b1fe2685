/// A rule as the registry knows it: a Swift type of this process, or one that a plugin's process declared.
public struct RegisteredRule: Sendable {
    /// The name in a pipeline.
    public let name: String
    /// One sentence.
    public let abstract: String
    /// Paragraphs of documentation.
    public let discussion: String
    /// What the rule may change.
    public let effect: RuleConfiguration.Effect
    /// The family or plugin that brought it.
    public let origin: String
    /// The settings in order; those of a Swift type are found by reflection each time, since a run asks few of the rules.
    public var settings: [SettingDescription] { describeSettings() }
    /// Examples that are printed and tested.
    public var examples: [RuleExample] { makeExamples() }
    private let makeExamples: @Sendable () -> [RuleExample]
    private let describeSettings: @Sendable () -> [SettingDescription]
    private let decode: @Sendable (_ settings: [ConfigValue.Entry], _ directory: String, _ isWhole: Bool) -> Preparation

    /// What became of a stage's settings.
    public struct Preparation: Sendable {
        /// The rule, ready to run, where nothing was refused.
        public let rule: PreparedRule?
        /// What was refused.
        public let diagnostics: [Diagnostic]

        /// Makes a result; with errors among the diagnostics there is no rule.
        public init(rule: PreparedRule?, diagnostics: [Diagnostic]) {
            self.rule = diagnostics.contains { $0.severity == .error } ? nil : rule
            self.diagnostics = diagnostics
        }
    }

    /// Registers a Swift type.
    public init(_ type: any Rule.Type, origin: String) {
        let configuration = type.configuration
        name = configuration.name
        abstract = configuration.abstract
        discussion = configuration.discussion
        effect = configuration.effect
        self.origin = origin
        makeExamples = { configuration.examples }
        describeSettings = { type.settingDescriptions }
        decode = { entries, directory, isWhole in type.prepare(entries, directory: directory, isWhole: isWhole) }
    }

    /// Registers a rule that runs elsewhere; `decode` gets only settings whose keys are known and complete.
    public init(
        name: String,
        abstract: String,
        discussion: String = "",
        effect: RuleConfiguration.Effect,
        origin: String,
        settings: [SettingDescription],
        examples: [RuleExample] = [],
        decode: @escaping @Sendable (_ settings: [ConfigValue.Entry], _ directory: String) -> Preparation
    ) {
        self.name = name
        self.abstract = abstract
        self.discussion = discussion
        self.effect = effect
        self.origin = origin
        describeSettings = { settings }
        makeExamples = { examples }
        self.decode = { entries, directory, _ in decode(entries, directory) }
    }

    /// Reads a stage's settings strictly; every mistake is a diagnostic at its place.
    ///
    /// - Parameters:
    ///   - settings: the mapping under `with`, or `nil` where there is none.
    ///   - directory: what relative paths are relative to.
    ///   - position: where to point for what is missing.
    ///   - elsewhere: keys that are no settings but known in another place, each with what is said of it where it stands among the settings.
    public func prepare(
        _ settings: ConfigValue?,
        directory: String,
        at position: SourcePosition? = nil,
        elsewhere: [String: String] = [:]
    ) -> Preparation {
        var entries: [ConfigValue.Entry] = []
        switch settings?.content {
        case nil, .null: break
        case .mapping(let given): entries = given
        default:
            let message = "'with' must be a mapping of settings, not \(settings?.shortDescription ?? "nothing")"
            return Preparation(rule: nil, diagnostics: [Diagnostic(.error, message, at: settings?.position ?? position)])
        }
        var diagnostics: [Diagnostic] = []
        let described = self.settings
        let keys = described.map(\.key)
        for entry in entries where !keys.contains(entry.key) {
            let isNear = NearestName.suggestion(for: entry.key, among: keys) != nil
            let hint = isNear ? nil : elsewhere[entry.key].map { "; \($0)" }
            let message = "\(name) has no setting '\(entry.key)'\(hint ?? NearestName.hint(for: entry.key, among: keys))"
            diagnostics.append(Diagnostic(.error, message, at: entry.keyPosition ?? position))
        }
        for setting in described where setting.isRequired && !entries.contains(where: { $0.key == setting.key }) {
            diagnostics.append(Diagnostic(.error, "\(name) needs the setting '\(setting.key)'", at: position))
        }
        let known = entries.filter { keys.contains($0.key) }
        // What involves several settings is judged only when each by itself is right: an unknown key may be the one that is said to be missing.
        let decoded = decode(known, directory, known.count == entries.count)
        return Preparation(
            rule: decoded.rule?.pointing(at: position),
            diagnostics: diagnostics + decoded.diagnostics.map { $0.at(position) }
        )
    }
}

extension Rule {
    fileprivate static func prepare(_ entries: [ConfigValue.Entry], directory: String, isWhole: Bool) -> RegisteredRule.Preparation {
        let rule = Self()
        let declared = rule.declaredSettings
        var diagnostics: [Diagnostic] = []
        for entry in entries {
            guard let setting = declared.first(where: { $0.key == entry.key })?.setting else { continue }
            var decoding = SettingDecoding(key: entry.key, directory: directory, default: setting.defaultConfigValue)
            setting.decode(entry.value, in: &decoding)
            diagnostics += decoding.diagnostics
        }
        let isComplete = declared.allSatisfy { key, setting in
            setting.defaultConfigValue != nil || entries.contains { $0.key == key }
        }
        if diagnostics.isEmpty, isComplete, isWhole {
            do {
                try rule.validate()
            } catch {
                let entry = entries.first { $0.key == error.key }
                diagnostics.append(Diagnostic(.error, error.message, at: entry?.keyPosition ?? entries.first?.keyPosition))
            }
        }
        return RegisteredRule.Preparation(rule: isComplete ? PreparedRule(rule) : nil, diagnostics: diagnostics)
    }
}

extension Diagnostic {
    /// The same with a place, where it has none.
    func at(_ place: SourcePosition?) -> Diagnostic {
        position == nil ? Diagnostic(severity, message, at: place, notes: notes) : self
    }
}
