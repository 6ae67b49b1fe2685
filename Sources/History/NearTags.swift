package import OCI

/// What a ledger knows instead of a tag that it does not know.
package enum NearTags: Hashable, Sendable {
    /// A tag that was probably meant.
    case similar(ImageReference)
    /// Some other tags of the same repository, the one that changed last first, and how many more there are.
    case sameRepository([ImageReference], more: Int)
    /// Nothing near.
    case none
}
