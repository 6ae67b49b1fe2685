import HookKit
import HookTesting
import Testing

@testable import ImageRules

@Suite struct LayerTreeTests {
    private static func digest(_ number: Int) -> Digest {
        let hex = String(number, radix: 16)
        return Digest(algorithm: .sha256, hex: String(repeating: "0", count: 64 - hex.count) + hex)!
    }

    /// Images over layers that each have a size; every size that the engine would give is worked out from the layers.
    private static func tree(_ stacks: [[Int]], sizes: [Int: Int64]) -> (tree: LayerTree, ids: [Digest]) {
        let ids = stacks.indices.map { digest(1000 + $0) }
        /// A layer is the same only where everything below it is the same.
        func prefixes(_ stack: [Int]) -> [[Int]] { stack.indices.map { Array(stack[0...$0]) } }
        var counts: [[Int]: Int] = [:]
        for stack in stacks { for prefix in prefixes(stack) { counts[prefix, default: 0] += 1 } }
        var shared: [Digest: ByteSize] = [:]
        let images = zip(ids, stacks).map { id, stack in
            let whole = stack.reduce(Int64(0)) { $0 + (sizes[$1] ?? 0) }
            shared[id] = ByteSize(bytes: prefixes(stack).filter { counts[$0]! > 1 }.reduce(Int64(0)) { $0 + (sizes[$1.last!] ?? 0) })
            return EngineImage(id: id, created: ExampleWorld.now, size: ByteSize(bytes: whole))
        }
        let layers = Dictionary(uniqueKeysWithValues: zip(ids, stacks.map { $0.map { digest($0) } }))
        return (LayerTree(images, layers: layers, sharedSizes: shared), ids)
    }

    @Test func anImageGivesBackOnlyWhatNoOtherShares() {
        var (tree, ids) = Self.tree([[1, 2], [1, 3]], sizes: [1: 100, 2: 20, 3: 3])
        #expect(tree.remove(ids[0]) == 20)
        #expect(tree.remove(ids[1]) == 103)
    }

    @Test func anImageInsideAnotherGivesNothingBackWhileTheOtherStays() {
        var (tree, ids) = Self.tree([[1], [1, 2]], sizes: [1: 100, 2: 20])
        #expect(tree.remove(ids[0]) == 0)
        #expect(tree.remove(ids[1]) == 120)
    }

    @Test func twoImagesWithTheSameLayersGiveThemBackWithTheSecond() {
        var (tree, ids) = Self.tree([[1, 2], [1, 2]], sizes: [1: 100, 2: 20])
        #expect(tree.remove(ids[0]) == 0)
        #expect(tree.remove(ids[1]) == 120)
    }

    @Test func anImageThatIsNotKnownGivesNothingBack() {
        var (tree, _) = Self.tree([[1]], sizes: [1: 100])
        #expect(tree.remove(Self.digest(7)) == 0)
    }

    @Test func randomTreesNeverGiveBackMoreThanTheyHoldAndInTheEndAllOfIt() {
        let seed = TestSeed.first
        print("LayerTreeTests seed: \(seed)")
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let sizes = Dictionary(uniqueKeysWithValues: (1...6).map { ($0, Int64.random(in: 0...100, using: &random)) })
            let stacks = (0..<Int.random(in: 1...8, using: &random)).map { _ in
                (0..<Int.random(in: 1...4, using: &random)).map { _ in Int.random(in: 1...6, using: &random) }
            }
            var (tree, ids) = Self.tree(stacks, sizes: sizes)
            var remaining = Array(stacks.indices)
            remaining.shuffle(using: &random)
            /// What the layers of some images take, each counted once: the slow and obvious way.
            func total(_ indices: [Int]) -> Int64 {
                var seen = Set<[Int]>()
                return indices.reduce(0) { sum, index in
                    stacks[index].indices.reduce(sum) { sum, end in
                        let prefix = Array(stacks[index][0...end])
                        return seen.insert(prefix).inserted ? sum + (sizes[prefix.last!] ?? 0) : sum
                    }
                }
            }
            while let index = remaining.popLast() {
                let given = tree.remove(ids[index]).bytes
                let true_ = total(remaining + [index]) - total(remaining)
                #expect(given <= true_)
                if remaining.isEmpty { #expect(given == true_) }
            }
        }
    }
}

/// A generator that gives the same numbers for the same seed: SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
