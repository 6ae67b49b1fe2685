import Synchronization

/// Something that happens once, whoever comes first.
final class Once: Sendable {
    private let flag = Atomic<Bool>(false)

    /// Says whether it has not happened yet; from then on it has.
    func take() -> Bool { !flag.exchange(true, ordering: .acquiringAndReleasing) }
}
