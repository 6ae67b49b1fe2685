/// A list or a mapping whose end has not been met.
struct OpenCollection {
    /// Says which of the two it is.
    let isMapping: Bool
    /// Where it begins.
    let start: YAMLPosition
    /// Its tag.
    let tag: String?
    /// Its anchor.
    let anchor: String?
    /// The values of a list.
    private(set) var items: [YAMLNode] = []
    /// The entries of a mapping.
    private(set) var entries: [YAMLEntry] = []
    /// The collection's size so far, itself included.
    private(set) var size = ExpandedSize(nodes: 1, bytes: 0)
    /// How many levels of collections it has, itself included.
    private(set) var height = 1

    private var key: Key = .awaited
    private var keyPositions: [String: YAMLPosition] = [:]
    private var inherited: [YAMLNode] = []

    private enum Key {
        case awaited
        case text(String, YAMLPosition)
        case merge
        /// A key that cannot be used; its value is dropped, and the problem is known already.
        case refused
    }

    /// Begins a collection.
    init(isMapping: Bool, start: YAMLPosition, tag: String?, anchor: String?) {
        self.isMapping = isMapping
        self.start = start
        self.tag = tag
        self.anchor = anchor
    }

    /// Takes the next node, for a mapping a key or a value in turn; returns what is wrong with it.
    mutating func add(_ node: YAMLNode, size: ExpandedSize, height: Int) -> YAMLProblem? {
        self.size.add(size)
        self.height = max(self.height, height + 1)
        guard isMapping else {
            items.append(node)
            return nil
        }
        switch key {
        case .awaited: return take(key: node)
        case .text(let text, let position): entries.append(YAMLEntry(key: text, keyPosition: position, value: node))
        case .merge: inherited.append(node)
        case .refused: break
        }
        key = .awaited
        return nil
    }

    private mutating func take(key node: YAMLNode) -> YAMLProblem? {
        guard case .scalar(let scalar) = node.content else {
            key = .refused
            return YAMLProblem(message: "a key is a text, not a list or a mapping", position: node.position)
        }
        guard !scalar.text.isEmpty else {
            key = .refused
            return YAMLProblem(message: "the key is missing before ':'", position: node.position)
        }
        if let first = keyPositions[scalar.text] {
            key = .refused
            return YAMLProblem(
                message: "the key '\(scalar.text)' comes twice in one mapping",
                position: node.position,
                notes: [YAMLProblem.Note(message: "'\(scalar.text)' comes first here", position: first)]
            )
        }
        keyPositions[scalar.text] = node.position
        let isMerge = scalar.text == "<<" && scalar.style == .plain && node.tag == nil
        key = isMerge ? .merge : .text(scalar.text, node.position)
        return nil
    }

    /// Adds the entries that come by the merge key `<<`, and returns what is wrong with it.
    ///
    /// What the mapping says itself wins, then what an earlier one of several merged mappings says.
    mutating func mergeInherited() -> [YAMLProblem] {
        var problems: [YAMLProblem] = []
        var known = Set(entries.map(\.key))
        for node in inherited.flatMap(Self.sources) {
            guard case .mapping(let more) = node.content else {
                problems.append(
                    YAMLProblem(message: "'<<' takes an alias to a mapping, or a list of such aliases", position: node.position)
                )
                continue
            }
            for entry in more where known.insert(entry.key).inserted { entries.append(entry) }
        }
        return problems
    }

    private static func sources(of merged: YAMLNode) -> [YAMLNode] {
        if case .sequence(let nodes) = merged.content { return nodes }
        return [merged]
    }
}
