import HookKit
import YAML

/// What `${NAME}` stands for: values from the command line, then the file's variables, then the environment.
///
/// The file's variables may use each other. Text that comes in by a variable is never taken apart again.
struct Variables {
    /// How many variables may use each other in a row.
    private static let longestChain = 64
    /// How much text all interpolated scalars of a file may hold together: variables that double each other end here.
    private static let mostBytes = 16 << 20
    /// How many mistakes are collected: more than anybody reads.
    private static let mostDiagnostics = 200
    /// How many names, and how long ones, are searched for the one that was meant.
    private static let mostKnownNames = 1000
    private static let longestKnownName = 100

    /// What was wrong with the scalars that were expanded.
    private(set) var diagnostics: [Diagnostic] = []
    /// The places of scalars that could not be expanded: whatever else is said about them is not worth saying.
    private(set) var failures: Set<SourcePosition> = []
    /// The names that the file's scalars refer to.
    private(set) var referredNames: Set<String> = []

    private let settings: [String: String]
    private let environment: [String: String]
    private let source: YAMLSource
    private var declared: [String: YAMLNode] = [:]
    private var states: [String: State] = [:]
    private var chain: [String] = []
    private var bytesLeft = Self.mostBytes
    /// The names among which a misspelt one is searched, once that was needed.
    private var knownNames: [String]?
    /// The places of all `$` of the scalar that was looked at last: one scalar may have many mistakes.
    private var dollars: (start: YAMLPosition, places: [YAMLPosition])?

    private enum State {
        case value(String)
        /// The variable is wrong itself, and that was said where it stands.
        case failed
    }

    /// Knows the values from the command line and from the environment, and where scalars are looked up to point into them.
    init(settings: [String: String], environment: [String: String], source: YAMLSource) {
        self.settings = settings
        self.environment = environment
        self.source = source
    }

    /// Adds the file's variables, and finds out their values.
    mutating func declare(_ variables: [(name: String, node: YAMLNode)]) {
        for (name, node) in variables { declared[name] = node }
        for (name, node) in variables {
            guard settings[name] != nil else {
                _ = state(ofDeclared: name)
                continue
            }
            // A variable that the command line replaces cannot be wrong: `${NAME:?message}` may ask for exactly that.
            if case .scalar(let scalar) = node.content { referredNames.formUnion(Interpolation(scalar.text).names) }
        }
    }

    /// Every value that a name can stand for.
    var values: [String: String] {
        var result = environment
        for (name, state) in states {
            if case .value(let value) = state { result[name] = value }
        }
        return result.merging(settings) { $1 }
    }

    /// The values that the file's scalars may hold and that do not stand in it: from `--set` and the environment, by name.
    var outsideValues: [String: String] {
        var result: [String: String] = [:]
        for name in referredNames { result[name] = settings[name] ?? environment[name] }
        return result
    }

    /// The names that the file declares.
    var declaredNames: Set<String> { Set(declared.keys) }

    /// Puts values in the place of variables; `nil` where that cannot be done, which is said in `diagnostics`.
    mutating func expand(_ scalar: YAMLScalar, of node: YAMLNode) -> String? {
        let interpolation = Interpolation(scalar.text)
        referredNames.formUnion(interpolation.names)
        for mistake in interpolation.mistakes { _ = refuse(mistake.message, atDollar: mistake.dollar, in: scalar, node) }
        var result = text(of: interpolation.segments, in: scalar, node)
        if !interpolation.mistakes.isEmpty { result = nil }
        if result == nil { failures.insert(node.position.inSource) }
        return result
    }

    /// The values of all segments, one after the other; every segment is looked at, so that every mistake is found.
    private mutating func text(of segments: [Interpolation.Segment], in scalar: YAMLScalar, _ node: YAMLNode) -> String? {
        var result: String? = ""
        for segment in segments {
            let part: String?
            switch segment {
            case .text(let text): part = text
            case .reference(let reference): part = value(of: reference, in: scalar, node)
            }
            guard let part, result != nil else {
                result = nil
                continue
            }
            guard bytesLeft >= part.utf8.count else {
                let message = "with every variable in its place, the file has more than \(Self.mostBytes) bytes of text"
                if bytesLeft >= 0 { diagnostics.append(Diagnostic(.error, message, at: node.start.inSource)) }
                bytesLeft = -1
                return nil
            }
            bytesLeft -= part.utf8.count
            result?.append(part)
        }
        return result
    }

    private mutating func value(of reference: Interpolation.Reference, in scalar: YAMLScalar, _ node: YAMLNode) -> String? {
        let name = reference.name
        func refuse(_ message: String) -> String? { self.refuse(message, atDollar: reference.dollar, in: scalar, node) }
        let found: String?
        if let setting = settings[name] {
            found = setting
        } else if declared[name] != nil, chain.last != name {
            if let start = chain.firstIndex(of: name) {
                let circle = (chain[start...] + [name]).joined(separator: " -> ")
                return refuse("the variable '\(name)' depends on itself: \(circle)")
            }
            guard chain.count < Self.longestChain else {
                return refuse("more than \(Self.longestChain) variables use each other in a row")
            }
            guard case .value(let value) = state(ofDeclared: name) else { return nil }
            found = value
        } else {
            // A variable that names itself means the one that it hides: `KEEP: ${KEEP:-3}` takes the environment's value first.
            found = environment[name]
        }
        if let found, !found.isEmpty { return found }
        switch reference.alternative {
        case .none:
            if let found { return found }
            return refuse("the variable '\(name)' is not set\(nearest(to: name))")
        case .fallback(let segments): return text(of: segments, in: scalar, node)
        case .refusal(let segments):
            guard let message = text(of: segments, in: scalar, node) else { return nil }
            return refuse("the variable '\(name)' is \(found == nil ? "not set" : "empty")\(message.isEmpty ? "" : ": \(message)")")
        }
    }

    private mutating func state(ofDeclared name: String) -> State {
        if let known = states[name] { return known }
        guard let node = declared[name], case .scalar(let scalar) = node.content else { return .failed }
        chain.append(name)
        defer { chain.removeLast() }
        let value = scalar.text.utf8.contains(UInt8(ascii: "$")) ? expand(scalar, of: node) : scalar.text
        let state = value.map { State.value($0) } ?? .failed
        states[name] = state
        return state
    }

    private mutating func refuse(_ message: String, atDollar number: Int, in scalar: YAMLScalar, _ node: YAMLNode) -> String? {
        guard diagnostics.count < Self.mostDiagnostics else { return nil }
        diagnostics.append(Diagnostic(.error, message, at: place(ofDollar: number, in: scalar, node)))
        return nil
    }

    private mutating func nearest(to name: String) -> String {
        guard diagnostics.count < Self.mostDiagnostics, name.utf8.count <= Self.longestKnownName else { return "" }
        let known =
            knownNames
            ?? Array(
                (declared.keys.sorted() + settings.keys.sorted() + environment.keys.sorted())
                    .filter { $0.utf8.count <= Self.longestKnownName }
                    .prefix(Self.mostKnownNames)
            )
        knownNames = known
        return NearestName.suggestion(for: name, among: known.filter { $0 != name }).map { "; did you mean '\($0)'?" } ?? ""
    }

    /// The place of one of a scalar's `$`, or of the scalar where escapes and comments keep it from being found.
    private mutating func place(ofDollar number: Int, in scalar: YAMLScalar, _ node: YAMLNode) -> SourcePosition {
        if dollars?.start != node.start {
            let places = source.positions(of: "$", from: node.start, to: node.end)
            let count = scalar.text.utf8.count { $0 == UInt8(ascii: "$") }
            dollars = (node.start, places.count == count ? places : [])
        }
        guard let places = dollars?.places, number < places.count else { return node.start.inSource }
        return places[number].inSource
    }
}
