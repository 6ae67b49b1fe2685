import Synchronization

/// The right to execute a plan, which is there once.
final class PlanTicket: Sendable {
    private let isUsed = Atomic<Bool>(false)

    /// Takes the right; says whether it was still there.
    func take() -> Bool { !isUsed.exchange(true, ordering: .acquiringAndReleasing) }
}
