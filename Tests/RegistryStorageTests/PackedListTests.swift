import StorageFixtures
import Testing

@testable import RegistryStorage

@Suite struct PackedListTests {
    /// Integers at the edges of every number of bytes, and beside them.
    private static let edges: [UInt64] =
        [0, .max] + (0..<64).flatMap { shift in [(1 << shift) &- 1, 1 << shift, (1 << shift) &+ 1] as [UInt64] }

    @Test func integersAreReadAsTheyWereAdded() {
        var integers = PackedIntegers()
        var starts: [Int] = []
        for edge in Self.edges {
            starts.append(integers.byteCount)
            integers.append(edge)
        }
        integers.trim()
        var reader = integers.reader()
        for (edge, start) in zip(Self.edges, starts) {
            #expect(reader.next() == edge)
            var one = integers.reader(at: start)
            #expect(one.next() == edge)
        }
    }

    @Test func distancesOfEveryIntegerFromEveryOtherAreReadAsTheyWereAdded() {
        var integers = PackedIntegers()
        for former in Self.edges {
            for edge in Self.edges { integers.append(edge, after: former) }
        }
        var reader = integers.reader()
        for former in Self.edges {
            for edge in Self.edges { #expect(reader.next(after: former) == edge) }
        }
    }

    @Test func aNumberThatFollowsAnotherTakesOneByte() {
        var integers = PackedIntegers()
        for number: UInt64 in 1...1000 { integers.append(number, after: number - 1) }
        #expect(integers.byteCount == 1000)
    }

    @Test func numbersAreReadAsTheyWereAdded() {
        let numbers: [DigestNumber] = [0, 1, 2, .max - 1, 0, 77, 76, .max - 1]
        var packed = PackedNumbers()
        #expect(packed.isEmpty)
        for number in numbers { packed.append(number) }
        packed.trim()
        #expect(Array(packed) == numbers)
        #expect(packed.count == numbers.count)
    }

    @Test func linksAreReadAsTheyWereAdded() {
        var random = SeededGenerator(seed: 11)
        var stamps = [
            FileStamp(inode: 0, written: 0), FileStamp(inode: .max, written: .max), FileStamp(inode: 0, written: .min),
            FileStamp(inode: 1, written: -1),
        ]
        for _ in 0..<2000 {
            stamps.append(FileStamp(inode: .random(in: 0 ... .max, using: &random), written: .random(in: .min ... .max, using: &random)))
        }
        let numbers = stamps.map { _ in DigestNumber.random(in: 0 ..< .max, using: &random) }
        var packed = PackedLinks(reason: .asked)
        #expect(packed.isEmpty)
        for (number, stamp) in zip(numbers, stamps) { packed.append(number, stamp) }
        packed.trim()
        #expect(packed.count == stamps.count)
        #expect(packed.map(\.number) == numbers)
        #expect(packed.map(\.stamp) == stamps)
        #expect(packed.allSatisfy { $0.reason == .asked })
        let again = PackedLinks(packed.filter { $0.number % 2 == 0 }, reason: .unneeded)
        #expect(again.map(\.stamp) == zip(numbers, stamps).filter { $0.0 % 2 == 0 }.map(\.1))
        #expect(again.allSatisfy { $0.reason == .unneeded })
    }

    @Test func blobsAreReadAsTheyWereAdded() {
        let sizes: [Int64] = [-1, 0, 1, 126, 127, 128, 1 << 32, .max - 1, .max]
        let first = sizes.enumerated().map { SweepPlan.Blob(number: DigestNumber($0.offset) &* 0x1111_1111, size: $0.element) }
        let second = [SweepPlan.Blob(number: .max - 1, size: 5)]
        let list = BlobList([.init([]), .init(first), .init([]), .init(second)])
        #expect(list.directories.count == 2)
        #expect(list.count == 10)
        #expect(list.map(\.number) == (first + second).map(\.number))
        #expect(list.map(\.size) == sizes + [5])
        var asked: [Int64] = []
        let filtered = list.filtered { blob in
            asked.append(blob.size)
            return blob.size < 100
        }
        #expect(asked == sizes + [5])
        #expect(filtered.map(\.size) == [-1, 0, 1, 5])
        #expect(list.filtered { $0.size > 4 && $0.size < 6 }.directories.count == 1)
        #expect(BlobList().isEmpty)
    }

    @Test func aPlaceIsFoundForEveryNumberThatHasOneAndForNoOther() {
        var places = DigestPlaces()
        #expect(places[0] == nil)
        let numbers: [DigestNumber] = [64, 0, 63, 1000, 65, 1001, 70_000]
        for (place, number) in numbers.enumerated() { places.set(place, of: number) }
        for number: DigestNumber in 0..<71_000 { #expect(places[number] == numbers.firstIndex(of: number)) }
        #expect(places[.max] == nil)
    }
}
