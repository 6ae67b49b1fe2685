package import HookKit

/// A generation of a tag, with what became of its image.
package struct PastGeneration: Hashable, Sendable {
    /// Its number among the tag's generations; the first is 1.
    package let number: Int
    /// What the ledger knows.
    package let generation: TagGeneration
    /// The generation that came after it, where one did.
    package let next: TagGeneration?
    /// What became of the image.
    package let fate: Fate
    /// The containers of the image now, as far as an engine answers.
    package let containers: [EngineContainer]
    /// When the tag was pushed while it named this image, as far as events tell.
    package let pushes: [Timestamp]

    /// How long it lived: from the first look that found it to the first that found the next one; `nil` for the newest.
    package var lifetime: Duration? { next.map { $0.firstSeen.since(generation.firstSeen) } }
}
