import StorageFixtures
import Testing

@testable import RegistryStorage

@Suite struct BlobSizesTests {
    private static func keys(_ count: Int, beginningWith prefix: UInt64, _ random: inout SeededGenerator) -> [BlobKey] {
        (0..<count).map { _ in
            BlobKey(words: (prefix << 56 | random.next() >> 8, random.next(), random.next(), random.next()))
        }
    }

    @Test func everyBlobIsFoundWithItsSizeWhateverItIs() {
        var random = SeededGenerator(seed: 5)
        let sizes: [Int64] = [0, 1, Int64(UInt32.max) - 2, Int64(UInt32.max) - 1, Int64(UInt32.max), 1 << 40, .max, BlobSizes.missing]
        var blobs: [(key: BlobKey, size: Int64)] = []
        var (first, second) = (BlobSizes(), BlobSizes())
        for prefix: UInt64 in [0, 7, 254, 255] {
            let own = zip(Self.keys(sizes.count, beginningWith: prefix, &random), sizes).map { (key: $0, size: $1) }
            blobs += own
            if prefix % 2 == 0 {
                first.add(own, beginningWith: UInt8(prefix))
            } else {
                second.add(own, beginningWith: UInt8(prefix))
            }
        }
        var all = BlobSizes()
        all.add(first)
        all.add(second)
        all.order()
        #expect(all.count == blobs.count)
        for blob in blobs {
            let place = all.place(of: blob.key)
            #expect(place.map { all.size(at: $0) } == blob.size)
            #expect(place.map { all.size(at: $0, of: blob.key) } == blob.size)
        }
        var met: [(place: Int, key: BlobKey, size: Int64)] = []
        all.forEach { met.append(($0, $1, $2)) }
        let ordered = blobs.sorted { $0.key < $1.key }
        #expect(met.map(\.place) == Array(0..<blobs.count))
        #expect(met.map(\.key) == ordered.map(\.key))
        #expect(met.map(\.size) == ordered.map(\.size))
        #expect(all.place(of: Self.keys(1, beginningWith: 9, &random)[0]) == nil)
        #expect(all.place(of: Self.keys(1, beginningWith: 255, &random)[0]) == nil)
    }

    @Test func theBytesOfAStoreAreAllSizesButThoseThatAreMissing() {
        var random = SeededGenerator(seed: 6)
        var sizes = BlobSizes()
        let own = zip(Self.keys(4, beginningWith: 3, &random), [5, BlobSizes.missing, 1 << 33, 0]).map { (key: $0, size: $1) }
        sizes.add(own, beginningWith: 3)
        sizes.order()
        #expect(sizes.bytes == 5 + (1 << 33))
        #expect(sizes.count == 4)
    }
}
