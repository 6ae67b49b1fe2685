import HookKit
import OCI
import YAML

/// Reads the tree of a pipeline file key by key, and collects everything that is wrong.
struct PipelineParser {
    /// For how many unknown keys of one mapping the nearest valid name is looked for: more are no misspellings.
    private static let mostHints = 200

    private let file: String
    private let directory: String
    private let renderer: DiagnosticRenderer
    private var reader: ValueReader
    private var diagnostics: [Diagnostic]

    /// Prepares to read a tree; `diagnostics` is what is wrong with the file as YAML.
    init(file: String, directory: String, variables: Variables, renderer: DiagnosticRenderer, diagnostics: [Diagnostic]) {
        self.file = file
        self.directory = directory
        self.renderer = renderer
        self.diagnostics = diagnostics
        reader = ValueReader(variables: variables)
    }

    /// Reads the file's root; `settings` are the names that `--set` gives.
    mutating func draft(of entries: [YAMLEntry], at position: YAMLPosition, settings: [String]) -> PipelineDraft {
        let own = entries.filter { !$0.key.hasPrefix("x-") }
        let (fields, unknown) = fields(of: own, at: position, TopLevelKey.self)
        refuse(unknown, TopLevelKey.self)
        if let entry = fields[.variables] { declareVariables(entry) }

        let name = fields[.name].flatMap { decode(String.self, $0) } ?? Self.defaultName(file)
        let plugins = fields[.plugins].map { self.plugins($0) } ?? []
        let docker = fields[.docker].flatMap { self.fields(of: $0, DockerKey.self) } ?? [:]
        let dockerHost = docker[.host].flatMap { decode(EngineHost.self, $0) }?.description
        let ledger = fields[.ledger].flatMap { decode(ConfigPath.self, $0) } ?? ConfigPath(TopLevelKey.defaultLedger, in: directory)
        let reports = fields[.reports].map { self.reports($0, besides: ledger) } ?? [:]
        let stages = fields[.stages].map { self.stages($0) } ?? []
        refuseUnusedSettings(settings)

        let variables = reader.variables
        let found = diagnostics.filter { !($0.position.map(variables.failures.contains) ?? false) }
        return PipelineDraft(
            name: name,
            file: file,
            directory: directory,
            plugins: plugins,
            dockerHost: dockerHost,
            ledger: ledger,
            reports: reports,
            variables: variables.values,
            outsideValues: variables.outsideValues,
            diagnostics: PipelineDraft.sorted(found + variables.diagnostics),
            renderer: renderer,
            stages: stages,
            unreadable: variables.failures
        )
    }

    // MARK: Top level

    private static func defaultName(_ file: String) -> String {
        let last = file.split(separator: "/").last.map(String.init) ?? file
        let bare = [".yml", ".yaml"].first { last.hasSuffix($0) && last != $0 }.map { String(last.dropLast($0.count)) } ?? last
        let visible = bare.drop { $0 == "." }
        return visible.isEmpty ? "pipeline" : String(visible)
    }

    private mutating func declareVariables(_ entry: YAMLEntry) {
        guard let entries = mapping(entry, expected: "a mapping of names to values") else { return }
        var declared: [(name: String, node: YAMLNode)] = []
        for variable in entries {
            guard checkVariableName(variable) else { continue }
            guard case .scalar(let scalar) = variable.value.content, scalar.value != .null else {
                refuse(variable, expected: "a text, a number, true or false")
                continue
            }
            declared.append((variable.key, variable.value))
        }
        reader.variables.declare(declared)
    }

    private mutating func checkVariableName(_ entry: YAMLEntry) -> Bool {
        if VariableName.isValid(entry.key) { return true }
        let message = "'\(entry.key)' cannot be a variable's name; it has letters, digits and '_', and does not begin with a digit"
        diagnostics.append(Diagnostic(.error, message, at: entry.keyPosition.inSource))
        return false
    }

    private mutating func plugins(_ entry: YAMLEntry) -> [PluginReference] {
        let value = reader.value(entry.value)
        guard let paths = decode([ConfigPath].self, value, key: entry.key, leftOut: "there are none") else { return [] }
        guard case .sequence(let elements) = value.content else { return paths.map { PluginReference(path: $0, position: value.position) } }
        return zip(paths, elements).map { PluginReference(path: $0, position: $1.position) }
    }

    /// The reports; one in the place of another, of the ledger or of the pipeline file itself would destroy it.
    private mutating func reports(_ entry: YAMLEntry, besides ledger: ConfigPath) -> [ReportFormat: ConfigPath] {
        guard let fields = fields(of: entry, ReportFormat.self) else { return [:] }
        var result: [ReportFormat: ConfigPath] = [:]
        for format in ReportFormat.allCases {
            guard let field = fields[format], let path = decode(ConfigPath.self, field) else { continue }
            if let other = result.first(where: { $0.value.absolute == path.absolute })?.key {
                refuse(field, because: "names the same file as '\(other.rawValue)'")
            } else if path.absolute == ledger.absolute {
                refuse(field, because: "names the same file as 'ledger'")
            } else if path.absolute == ConfigPath(file.split(separator: "/").last.map(String.init) ?? file, in: directory).absolute {
                refuse(field, because: "names the pipeline file itself")
            }
            result[format] = path
        }
        return result
    }

    /// A value that is given and never used is a misspelt name, and the stage that it was meant for would run with another value.
    private mutating func refuseUnusedSettings(_ names: [String]) {
        // What is wrong elsewhere may be the very place where the variable is used.
        guard diagnostics.isEmpty, reader.variables.diagnostics.isEmpty else { return }
        let known = reader.variables.declaredNames.union(reader.variables.referredNames)
        for name in names where !known.contains(name) {
            let hint = NearestName.hint(for: name, among: known.sorted())
            diagnostics.append(Diagnostic(.error, "--set \(name): the pipeline has no variable '\(name)'\(hint)"))
        }
    }

    // MARK: Stages

    private mutating func stages(_ entry: YAMLEntry) -> [StageDraft] {
        guard case .sequence(let nodes) = entry.value.content else {
            refuse(entry, expected: "a list of stages")
            return []
        }
        if nodes.isEmpty { refuse(entry, because: "is empty; a pipeline has one stage at least") }
        var stages = nodes.enumerated().map { stage($1, number: $0 + 1) }
        nameStages(&stages)
        return stages
    }

    private mutating func stage(_ node: YAMLNode, number: Int) -> StageDraft {
        var stage = StageDraft(number: number, position: node.position.inSource)
        guard case .mapping(let entries) = node.content else {
            let value = reader.value(node)
            let message = "a stage must be a mapping such as 'rule: prune', not \(value.shortDescription)"
            diagnostics.append(Diagnostic(.error, message, at: value.position))
            return stage
        }
        let (fields, unknown) = fields(of: entries, at: node.position, StageKey.self)
        stage.unknownKeys = unknown.map { ($0.key, $0.keyPosition.inSource) }
        if let field = fields[.name] {
            stage.givenName = decode(String.self, field).map { ($0, field.value.position.inSource) }
        }
        if let field = fields[.rule] {
            stage.rule = decode(String.self, field).map { ($0, field.value.position.inSource) }
        }
        if let field = fields[.when] { stage.condition = condition(field) }
        if let field = fields[.timeout], let timeout = decode(Duration.self, field) {
            if timeout == .zero { refuse(field, because: "must be longer than 0s") }
            stage.timeout = timeout
        }
        if let field = fields[.onFailure] { stage.failurePolicy = decode(Stage.FailurePolicy.self, field) ?? .stop }
        // What is not understood must not end in a deletion, even if a caller forgot to look at the diagnostics.
        if let field = fields[.dryRun] { stage.isDryRun = decode(Bool.self, field) ?? true }
        stage.settings = fields[.with].map { reader.value($0.value) }
        return stage
    }

    private mutating func condition(_ entry: YAMLEntry) -> Condition {
        var condition = Condition()
        guard let fields = fields(of: entry, WhenKey.self) else { return condition }
        if let field = fields[.status] { condition.status = decode(Condition.Status.self, field) ?? .success }
        if let field = fields[.branch] { condition.branches = decodeList(Glob.self, field, leftOut: "every build will do") }
        if let field = fields[.event] { condition.events = decodeList(RunEnvironment.Event.self, field, leftOut: "every event will do") }
        if let field = fields[.env], let entries = mapping(field, expected: "a mapping of variables to values") {
            for variable in entries where checkVariableName(variable) {
                let value = reader.textValue(variable.value)
                // `""` asks for a variable that is empty or not set; a glob as a setting may not be empty.
                if case .string("") = value.content, let nothing = Glob("") {
                    condition.variables.append(Condition.Variable(name: variable.key, pattern: nothing))
                } else if let pattern = decode(Glob.self, value, key: variable.key) {
                    condition.variables.append(Condition.Variable(name: variable.key, pattern: pattern))
                }
            }
        }
        return condition
    }

    /// Gives every stage a name of its own: the one in the file, or its rule's, with a number where that is taken.
    private mutating func nameStages(_ stages: inout [StageDraft]) {
        var taken: [String: SourcePosition] = [:]
        for index in stages.indices {
            guard let (name, position) = stages[index].givenName else { continue }
            if let first = taken[name] {
                let note = Diagnostic.Note("'\(name)' is the name of this stage", at: first)
                diagnostics.append(Diagnostic(.error, "another stage is named '\(name)'", at: position, notes: [note]))
            } else {
                taken[name] = position
            }
            stages[index].name = name
        }
        var counts: [String: Int] = [:]
        for index in stages.indices where stages[index].givenName == nil {
            let rule = stages[index].rule?.name ?? "stage \(stages[index].number)"
            var count = counts[rule, default: 0] + 1
            func candidate() -> String { count == 1 ? rule : "\(rule) \(count)" }
            while taken[candidate()] != nil { count += 1 }
            counts[rule] = count
            taken[candidate()] = stages[index].position
            stages[index].name = candidate()
        }
    }

    // MARK: Keys and values

    /// The entries of a mapping by key, and those whose key is unknown; what must be there and is not is reported.
    private mutating func fields<Key: PipelineKey>(
        of entries: [YAMLEntry],
        at position: YAMLPosition,
        _: Key.Type
    ) -> (fields: [Key: YAMLEntry], unknown: [YAMLEntry]) {
        var fields: [Key: YAMLEntry] = [:]
        var unknown: [YAMLEntry] = []
        for entry in entries {
            if let key = Key(rawValue: entry.key) { fields[key] = entry } else { unknown.append(entry) }
        }
        for key in Key.required where fields[key] == nil {
            // A misspelt key is reported as such, and not as missing too.
            let isMisspelt = unknown.prefix(Self.mostHints).contains {
                NearestName.suggestion(for: $0.key, among: Key.names) == key.rawValue
            }
            if isMisspelt { continue }
            diagnostics.append(Diagnostic(.error, "\(Key.owner) needs the key '\(key.rawValue)'", at: position.inSource))
        }
        return (fields, unknown)
    }

    private mutating func fields<Key: PipelineKey>(of entry: YAMLEntry, _: Key.Type) -> [Key: YAMLEntry]? {
        guard let entries = mapping(entry, expected: "a mapping with the keys \(Key.names.joined(separator: ", "))") else { return nil }
        let (fields, unknown) = fields(of: entries, at: entry.value.position, Key.self)
        refuse(unknown, Key.self)
        return fields
    }

    private mutating func refuse<Key: PipelineKey>(_ unknown: [YAMLEntry], _: Key.Type) {
        for (index, entry) in unknown.enumerated() {
            let hint = index < Self.mostHints ? NearestName.hint(for: entry.key, among: Key.names) : ""
            let message = "\(Key.owner) has no key '\(entry.key)'\(hint)"
            diagnostics.append(Diagnostic(.error, message, at: entry.keyPosition.inSource))
        }
    }

    private mutating func mapping(_ entry: YAMLEntry, expected: String) -> [YAMLEntry]? {
        if case .mapping(let entries) = entry.value.content { return entries }
        refuse(entry, expected: expected)
        return nil
    }

    private mutating func decode<Value: SettingValue>(_ type: Value.Type, _ entry: YAMLEntry) -> Value? {
        decode(type, reader.value(entry.value), key: entry.key)
    }

    private mutating func decode<Value: SettingValue>(
        _: Value.Type,
        _ value: ConfigValue,
        key: String,
        leftOut: String? = nil
    ) -> Value? {
        var decoding = SettingDecoding(key: key, directory: directory, leftOut: leftOut)
        let result = Value.decode(value, in: &decoding)
        diagnostics += decoding.diagnostics
        return result
    }

    /// Reads a list, or a single value in place of a list of one, as CI systems take it.
    private mutating func decodeList<Element: SettingValue>(_: Element.Type, _ entry: YAMLEntry, leftOut: String) -> [Element]? {
        var value = reader.value(entry.value)
        switch value.content {
        case .sequence, .text: break
        default: value = ConfigValue(.sequence([value]), at: value.position)
        }
        let result = decode([Element].self, value, key: entry.key, leftOut: leftOut)
        if let result, result.isEmpty { refuse(entry, because: "is empty, and nothing would match it") }
        return result
    }

    private mutating func refuse(_ entry: YAMLEntry, expected: String) {
        var decoding = SettingDecoding(key: entry.key, directory: directory)
        decoding.refuse(reader.value(entry.value), expected: expected)
        diagnostics += decoding.diagnostics
    }

    private mutating func refuse(_ entry: YAMLEntry, because reason: String) {
        var decoding = SettingDecoding(key: entry.key, directory: directory)
        decoding.refuse(ConfigValue(.null, at: entry.value.position.inSource), because: reason)
        diagnostics += decoding.diagnostics
    }
}
