import HookKit
import Synchronization
import Testing

@Suite struct StoreRemovalsTests {
    private static func removal(_ number: Int) -> RegistryStoreReport.Removal {
        .init(kind: "blob", path: "/registry/\(number)", reason: "unreferenced", bytes: ByteSize(bytes: Int64(number)))
    }

    /// Three pieces, of which the one in the middle is empty.
    private static let pieces = [[removal(1), removal(2)], [], [removal(3)]]

    @Test func piecesAreMetOneAfterTheOther() {
        let removals = RegistryStoreReport.Removals(count: 3, pieces: 3) { Self.pieces[$0] }
        #expect(removals.map(\.path) == ["/registry/1", "/registry/2", "/registry/3"])
        #expect(removals.map(\.path) == ["/registry/1", "/registry/2", "/registry/3"])
        #expect(removals.count == 3)
        #expect(!removals.isEmpty)
    }

    @Test func aPieceIsMadeWhenItIsReached() {
        let made = Mutex<[Int]>([])
        let removals = RegistryStoreReport.Removals(count: 3, pieces: 3) { piece in
            made.withLock { $0.append(piece) }
            return Self.pieces[piece]
        }
        #expect(removals.first { $0.bytes.bytes == 2 }?.path == "/registry/2")
        #expect(made.withLock { $0 } == [0])
    }

    @Test func aListAndPiecesOfTheSameThingsAreEqual() {
        let list = RegistryStoreReport.Removals(Self.pieces.flatMap(\.self))
        let pieces = RegistryStoreReport.Removals(count: 3, pieces: 3) { Self.pieces[$0] }
        #expect(list == pieces)
        #expect(Set([list, pieces]).count == 1)
        #expect(list != RegistryStoreReport.Removals([Self.removal(1)]))
        #expect(RegistryStoreReport.Removals([]).isEmpty)
    }
}
