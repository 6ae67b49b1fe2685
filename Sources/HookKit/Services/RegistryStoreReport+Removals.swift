extension RegistryStoreReport {
    /// Things that go, in the order in which they go: a list, or one that is made while somebody goes through it.
    ///
    /// A dry run may name very many things; made piece by piece, they need not all be held at once.
    public struct Removals: Sequence, Hashable, Sendable {
        private enum Source: Sendable {
            case list([Removal])
            case pieces(Int, count: Int, @Sendable (Int) -> [Removal])
        }

        private let source: Source

        /// Takes a list.
        public init(_ removals: [Removal]) {
            source = .list(removals)
        }

        /// Takes so many pieces, each of which is made when it is asked for; a piece must be the same every time.
        package init(count: Int, pieces: Int, _ make: @escaping @Sendable (_ piece: Int) -> [Removal]) {
            source = .pieces(pieces, count: count, make)
        }

        /// How many things there are.
        public var count: Int {
            switch source {
            case .list(let removals): removals.count
            case .pieces(_, let count, _): count
            }
        }

        /// Whether there is nothing.
        public var isEmpty: Bool { count == 0 }

        /// As many things as there are.
        public var underestimatedCount: Int { count }

        /// Compares the things one by one.
        public static func == (left: Removals, right: Removals) -> Bool { left.count == right.count && left.elementsEqual(right) }

        /// Mixes in every thing.
        public func hash(into hasher: inout Hasher) {
            hasher.combine(count)
            for removal in self { hasher.combine(removal) }
        }

        /// Goes through the things, piece by piece.
        public func makeIterator() -> Iterator {
            switch source {
            case .list(let removals): Iterator(piece: removals[...], made: 1, of: 1) { _ in [] }
            case .pieces(let pieces, _, let make): Iterator(piece: [], made: 0, of: pieces, make)
            }
        }

        /// Goes through things.
        public struct Iterator: IteratorProtocol {
            private var piece: ArraySlice<Removal>
            private var made: Int
            private let pieces: Int
            private let make: @Sendable (Int) -> [Removal]

            fileprivate init(piece: ArraySlice<Removal>, made: Int, of pieces: Int, _ make: @escaping @Sendable (Int) -> [Removal]) {
                self.piece = piece
                self.made = made
                self.pieces = pieces
                self.make = make
            }

            /// The next thing.
            public mutating func next() -> Removal? {
                while piece.isEmpty, made < pieces {
                    piece = make(made)[...]
                    made += 1
                }
                return piece.popFirst()
            }
        }
    }
}
