/// Turns events into a tree, with a stack of its own instead of the program's.
struct TreeBuilder {
    /// The tree; `nil` until it is complete, and for good after an error that leaves it incomplete.
    private(set) var root: YAMLNode?
    /// What was wrong so far, in the order of discovery.
    private(set) var problems: [YAMLProblem] = []

    private let limits: YAMLLimits
    private var frames: [OpenCollection] = []
    private var anchors: [String: Anchor] = [:]
    private var size = ExpandedSize()
    private var hasDocument = false
    private var isIncomplete = false

    /// What an anchor names.
    private enum Anchor {
        /// A collection that is not at its end: an alias to it from inside has no end.
        case open
        /// A node, and what an alias to it adds to the document.
        case complete(YAMLNode, ExpandedSize, height: Int)
    }

    /// Starts a document.
    init(limits: YAMLLimits) {
        self.limits = limits
    }

    /// Takes the next event, and says whether there are more to come.
    mutating func take(_ located: EventParser.Located) throws(YAMLProblem) -> Bool {
        switch located.event {
        case .documentStart:
            guard !hasDocument else {
                problems.append(YAMLProblem(message: "a second document begins here; a file holds one", position: located.start))
                return false
            }
            hasDocument = true
        case .documentEnd: break
        case .streamEnd: return false
        case .alias(let name): try take(alias: name, at: located)
        case .scalar(let text, let style, let tag, let anchor):
            try grow(by: ExpandedSize(nodes: 1, bytes: text.utf8.count), at: located.start)
            let node = YAMLNode(
                content: .scalar(scalar(text, style, tag, at: located.start)),
                position: located.start,
                start: located.start,
                end: located.end,
                tag: tag
            )
            try add(node, anchor: anchor, size: ExpandedSize(nodes: 1, bytes: text.utf8.count), height: 0)
        case .sequenceStart(let tag, let anchor):
            check(tag, is: "seq", named: "a list", at: located.start)
            try open(OpenCollection(isMapping: false, start: located.start, tag: tag, anchor: anchor))
        case .mappingStart(let tag, let anchor):
            check(tag, is: "map", named: "a mapping", at: located.start)
            try open(OpenCollection(isMapping: true, start: located.start, tag: tag, anchor: anchor))
        case .sequenceEnd, .mappingEnd: try close(end: located.end)
        }
        return true
    }

    /// Gives up the tree for an error that leaves it incomplete.
    mutating func fail(_ problem: YAMLProblem) {
        problems.append(problem)
        root = nil
    }

    private mutating func open(_ collection: OpenCollection) throws(YAMLProblem) {
        try grow(by: ExpandedSize(nodes: 1, bytes: 0), at: collection.start)
        guard frames.count < limits.depth else {
            throw YAMLProblem(message: "lists and mappings lie more than \(limits.depth) deep in one another", position: collection.start)
        }
        if let anchor = collection.anchor { anchors[anchor] = .open }
        frames.append(collection)
    }

    private mutating func close(end: YAMLPosition) throws(YAMLProblem) {
        guard var collection = frames.popLast() else { preconditionFailure("libyaml ended a collection that it never began") }
        problems += collection.mergeInherited()
        let node = YAMLNode(
            content: collection.isMapping ? .mapping(collection.entries) : .sequence(collection.items),
            position: collection.start,
            start: collection.start,
            end: end,
            tag: collection.tag
        )
        try add(node, anchor: collection.anchor, size: collection.size, height: collection.height)
    }

    private mutating func take(alias name: String, at located: EventParser.Located) throws(YAMLProblem) {
        switch anchors[name] {
        case .complete(var node, let size, let height):
            try grow(by: size, at: located.start)
            guard frames.count + height <= limits.depth else {
                throw YAMLProblem(
                    message: "with '*\(name)', lists and mappings lie more than \(limits.depth) deep in one another",
                    position: located.start
                )
            }
            node.position = located.start
            try add(node, anchor: nil, size: size, height: height)
        case .open:
            try addNothing(at: located, because: "'*\(name)' stands inside of what '&\(name)' names, and would never end")
        case nil:
            try addNothing(at: located, because: "no anchor '&\(name)' comes before this alias; \(SyntaxError.starNeedsQuotes)")
        }
    }

    /// Goes on after an alias to nothing, to find what else is wrong; there will be no tree.
    private mutating func addNothing(at located: EventParser.Located, because message: String) throws(YAMLProblem) {
        problems.append(YAMLProblem(message: message, position: located.start))
        isIncomplete = true
        let nothing = YAMLScalar(text: "*", style: .doubleQuoted, value: .text)
        let node = YAMLNode(content: .scalar(nothing), position: located.start, start: located.start, end: located.end, tag: nil)
        try add(node, anchor: nil, size: ExpandedSize(), height: 0)
    }

    private mutating func add(_ node: YAMLNode, anchor: String?, size: ExpandedSize, height: Int) throws(YAMLProblem) {
        if let anchor { anchors[anchor] = .complete(node, size, height: height) }
        guard let last = frames.indices.last else {
            root = isIncomplete ? nil : node
            return
        }
        if let problem = frames[last].add(node, size: size, height: height) { problems.append(problem) }
    }

    private mutating func grow(by more: ExpandedSize, at position: YAMLPosition) throws(YAMLProblem) {
        size.add(more)
        guard size.nodes <= limits.nodes else {
            throw YAMLProblem(message: "with every alias followed, the file has more than \(limits.nodes) values", position: position)
        }
        guard size.bytes <= limits.expandedBytes else {
            throw YAMLProblem(
                message: "with every alias followed, the file has more than \(limits.expandedBytes) bytes of text",
                position: position
            )
        }
    }

    // MARK: Tags

    private static let prefix = "tag:yaml.org,2002:"

    private mutating func scalar(_ text: String, _ style: YAMLScalar.Style, _ tag: String?, at position: YAMLPosition) -> YAMLScalar {
        if text.utf8.contains(0) {
            problems.append(YAMLProblem(message: "a text cannot hold the character U+0000", position: position))
        }
        let untagged: YAMLValue = style == .plain ? YAMLValue(plain: text) : .text
        guard let tag else { return YAMLScalar(text: text, style: style, value: untagged) }
        let value: YAMLValue? =
            switch (tag, YAMLValue(plain: text)) {
            case ("!", _), (Self.prefix + "str", _): .text
            case (Self.prefix + "null", .null): .null
            case (Self.prefix + "bool", .boolean(let value)): .boolean(value)
            case (Self.prefix + "int", .integer(let value)): .integer(value)
            case (Self.prefix + "float", .integer(let value)): .float(Double(value))
            case (Self.prefix + "float", .float(let value)): .float(value)
            default: nil
            }
        if value == nil {
            let isKnown = ["null", "bool", "int", "float"].contains { tag == Self.prefix + $0 }
            let message = isKnown ? "'\(text)' is not what its tag '\(Self.short(tag))' says" : Self.unknown(tag)
            problems.append(YAMLProblem(message: message, position: position))
        }
        return YAMLScalar(text: text, style: style, value: value ?? untagged)
    }

    private mutating func check(_ tag: String?, is own: String, named name: String, at position: YAMLPosition) {
        guard let tag, tag != "!", tag != Self.prefix + own else { return }
        let isOther = ["null", "bool", "int", "float", "str", "seq", "map"].contains { tag == Self.prefix + $0 }
        let message = isOther ? "\(name) is not what its tag '\(Self.short(tag))' says" : Self.unknown(tag)
        problems.append(YAMLProblem(message: message, position: position))
    }

    private static func short(_ tag: String) -> String {
        tag.hasPrefix(prefix) ? "!!" + tag.dropFirst(prefix.count) : tag
    }

    private static func unknown(_ tag: String) -> String {
        "there is no tag '\(short(tag))' in the core schema of YAML 1.2"
    }
}
