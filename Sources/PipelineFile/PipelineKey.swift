import HookKit

/// The keys of one mapping of a pipeline file: the only place where they are listed, for the parser and for the JSON Schema.
protocol PipelineKey: RawRepresentable<String>, CaseIterable, Hashable, Sendable {
    /// What has these keys, as the beginning of a sentence: «a stage» has no key 'x'.
    static var owner: String { get }
    /// The keys that must be there.
    static var required: [Self] { get }
    /// What the key is for, in one sentence.
    var help: String { get }
    /// The JSON Schema of its value; what depends on the registered rules is not in it.
    var schema: JSONValue { get }
}

extension PipelineKey {
    /// Every key as it is written.
    static var names: [String] { allCases.map(\.rawValue) }
}
