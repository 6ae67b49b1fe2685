import HookKit

/// How a tag came from an image that lost it to the one that has it now, as far as the evidence tells.
struct TagPassage {
    /// An image that took the tag.
    struct Taking {
        let image: Digest
        let time: Timestamp
        /// Whether the engine said when; otherwise the time is that at which the ledger first saw the tag there.
        let isExact: Bool
        /// The build that saw it there first.
        let build: BuildRecord?

        var evidence: String {
            isExact ? "the engine put it on \(image.short) at \(time)" : "the ledger saw it on \(image.short) at \(time)"
        }
    }

    /// The image that has the tag now.
    let holder: Digest
    /// The first image that is known to have had it afterwards; `nil` where that is known of none.
    let first: Taking?
    /// When the image that has it now took it.
    let last: Taking?
    /// Whether the evidence leaves no room for anything between the loss and the first taking.
    let isDirect: Bool

    /// The image that had it next, as far as is known.
    var taker: Digest { first?.image ?? holder }
}
