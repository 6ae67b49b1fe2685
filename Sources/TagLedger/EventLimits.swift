/// How many events of an engine a ledger keeps; the oldest go first.
///
/// Generations are the evidence that stays. Events tell the exact moment of a change, for some weeks on the busiest of hosts, and their
/// number bounds the file. The last use of an image by a container stays, however old, for each name that containers were made from:
/// which image was used least recently must not depend on how busy the host is with others. Of a volume only its last use stays.
struct EventLimits: Hashable, Sendable {
    /// Events of images.
    var images = 100_000
    /// Events of containers, without the last use of each name.
    var containers = 20_000
    /// Volumes whose last use is kept; those that the engine says are removed do not count.
    var volumes = 20_000

    /// The limit for a kind of event.
    subscript(kind: StoredEvent.Kind) -> Int {
        switch kind {
        case .image: images
        case .container: containers
        case .volume: volumes
        }
    }
}
