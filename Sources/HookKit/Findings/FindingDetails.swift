/// The further lines of a finding: a list, or lines that are made while somebody goes through them.
///
/// A dry run over a registry's storage may name very many things; made one by one, they need not all be held at once.
public struct FindingDetails: Sequence, Hashable, Sendable, ExpressibleByArrayLiteral {
    private enum Source: Sendable {
        case list([String])
        case made(count: Int, @Sendable () -> AnyIterator<String>)
    }

    private let source: Source

    /// Takes a list.
    public init(_ lines: [String]) {
        source = .list(lines)
    }

    /// Takes so many lines, which are made whenever somebody goes through them; they must be the same every time.
    package init(count: Int, _ make: @escaping @Sendable () -> AnyIterator<String>) {
        source = .made(count: count, make)
    }

    /// Takes the lines as they are written down.
    public init(arrayLiteral lines: String...) { self.init(lines) }

    /// How many lines there are.
    public var count: Int {
        switch source {
        case .list(let lines): lines.count
        case .made(let count, _): count
        }
    }

    /// Whether there is no line.
    public var isEmpty: Bool { count == 0 }

    /// As many lines as there are.
    public var underestimatedCount: Int { count }

    /// The first line.
    public var first: String? { prefix(1).first }

    /// The last line; takes as long as going through all.
    public var last: String? {
        if case .list(let lines) = source { return lines.last }
        return reduce(nil) { $1 }
    }

    /// The first lines, as many as there are up to a number.
    public func prefix(_ maxLength: Int) -> [String] {
        if case .list(let lines) = source { return Array(lines.prefix(maxLength)) }
        let iterator = makeIterator()
        var lines: [String] = []
        while lines.count < maxLength, let line = iterator.next() { lines.append(line) }
        return lines
    }

    /// Compares the lines one by one.
    public static func == (left: FindingDetails, right: FindingDetails) -> Bool { left.count == right.count && left.elementsEqual(right) }

    /// Mixes in every line.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        for line in self { hasher.combine(line) }
    }

    /// Goes through the lines.
    public func makeIterator() -> AnyIterator<String> {
        switch source {
        case .list(let lines): AnyIterator(lines.makeIterator())
        case .made(_, let make): make()
        }
    }
}
