import Synchronization

/// The number that a `DigestTable` gave to a digest.
typealias DigestNumber = UInt32

/// All digests that are named anywhere, each once, in 32 bytes and a number.
///
/// Open addressing over the digests' own bits. The keys stand in pieces that never move, so that growing copies only the numbers: at its peak
/// an entry takes 32 bytes and between five and eight for its place.
///
/// The type is used by several tasks. Its memory may be written only inside `intern`, which holds the lock; `find` and `key` take no lock and
/// may be called only while no task interns: the phases of the marker that do one or the other are separated by the end of a task group.
/// That is the argument for `@unchecked Sendable`.
final class DigestTable: @unchecked Sendable {
    private static let pieceShift = 13
    private static let pieceCount = 1 << pieceShift

    private let lock = Mutex<Void>(())
    private var pieces: [UnsafeMutablePointer<BlobKey>] = []
    private var slots: UnsafeMutablePointer<DigestNumber>
    private var slotCount: Int
    private(set) var count = 0

    init() {
        slotCount = 1 << 12
        slots = .allocate(capacity: slotCount)
        slots.initialize(repeating: 0, count: slotCount)
    }

    deinit {
        for piece in pieces { piece.deallocate() }
        slots.deallocate()
    }

    /// Gives every key its number, in the keys' order.
    func intern(_ keys: [BlobKey], into numbers: inout [DigestNumber]) {
        numbers.removeAll(keepingCapacity: true)
        lock.withLock { _ in
            for key in keys { numbers.append(place(key)) }
        }
    }

    /// Gives one key its number.
    func intern(_ key: BlobKey) -> DigestNumber {
        lock.withLock { _ in place(key) }
    }

    /// The number of a key, where it has one.
    @inline(__always)
    func find(_ key: BlobKey) -> DigestNumber? {
        var slot = start(key)
        while slots[slot] != 0 {
            let number = slots[slot] - 1
            if self.key(number) == key { return number }
            slot = next(slot)
        }
        return nil
    }

    /// The key of a number.
    @inline(__always)
    func key(_ number: DigestNumber) -> BlobKey {
        pieces[Int(number) >> Self.pieceShift][Int(number) & (Self.pieceCount - 1)]
    }

    @inline(__always)
    private func start(_ key: BlobKey) -> Int {
        // The first byte is the same for a whole directory, the bits of the last word are not: so many of them as there are slots.
        Int(truncatingIfNeeded: ((key.first ^ key.fourth) &* 0x9e37_79b9_7f4a_7c15).multipliedFullWidth(by: UInt64(slotCount)).high)
    }

    @inline(__always)
    private func next(_ slot: Int) -> Int { slot + 1 == slotCount ? 0 : slot + 1 }

    private func place(_ key: BlobKey) -> DigestNumber {
        if (count + 1) * 4 > slotCount * 3 { grow() }
        var slot = start(key)
        while slots[slot] != 0 {
            let number = slots[slot] - 1
            if self.key(number) == key { return number }
            slot = next(slot)
        }
        precondition(count < Int(DigestNumber.max) - 1, "more digests than a number of 32 bits can count")
        if count >> Self.pieceShift == pieces.count { pieces.append(.allocate(capacity: Self.pieceCount)) }
        (pieces[count >> Self.pieceShift] + (count & (Self.pieceCount - 1))).initialize(to: key)
        count += 1
        slots[slot] = DigestNumber(count)
        return DigestNumber(count - 1)
    }

    private func grow() {
        slots.deallocate()
        slotCount += slotCount / 2
        slots = .allocate(capacity: slotCount)
        slots.initialize(repeating: 0, count: slotCount)
        for number in 0..<count {
            var slot = start(key(DigestNumber(number)))
            while slots[slot] != 0 { slot = next(slot) }
            slots[slot] = DigestNumber(number + 1)
        }
    }
}
