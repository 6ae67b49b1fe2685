import HookKit

/// The records of the build cache, and which builds on which.
///
/// BuildKit refuses to remove a record that another builds on.
struct BuildCacheGraph {
    /// The records that build on each record.
    let children: [String: [String]]
    /// How many records lie below each, along its longest chain of parents; a record is not here where an engine that lies describes a circle.
    let depths: [String: Int]
    /// When each record, or one that builds on it, was last used.
    let uses: [String: Timestamp]

    init(_ records: [BuildCacheRecord]) {
        let known = Dictionary(records.map { ($0.id, $0) }) { first, _ in first }
        var children: [String: [String]] = [:]
        var waiting: [String: Int] = [:]
        for record in known.values {
            let parents = Set(record.parents).filter { known[$0] != nil }
            waiting[record.id] = parents.count
            for parent in parents { children[parent, default: []].append(record.id) }
        }
        // Parents before children: a record's turn comes when all its parents have had theirs.
        var depths: [String: Int] = [:]
        var order = waiting.filter { $0.value == 0 }.map(\.key)
        for id in order { depths[id] = 0 }
        var next = 0
        while next < order.count {
            let id = order[next]
            next += 1
            for child in children[id] ?? [] {
                depths[child] = max(depths[child] ?? 0, (depths[id] ?? 0) + 1)
                guard let count = waiting[child] else { continue }
                waiting[child] = count - 1
                if count == 1 { order.append(child) }
            }
        }
        var uses: [String: Timestamp] = [:]
        for id in order.reversed() {
            guard let record = known[id] else { continue }
            let own = record.lastUsed ?? record.created ?? Timestamp(seconds: 0)
            uses[id] = (children[id] ?? []).compactMap { uses[$0] }.reduce(own, max)
        }
        let reached = Set(order)
        self.children = children
        self.depths = depths.filter { reached.contains($0.key) }
        self.uses = uses
    }
}
