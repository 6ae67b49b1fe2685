import HookKit

/// Why an image is `<none>`, with the evidence: the answer of `detect-overwritten` and of `hook explain`.
struct UntaggedExplanation: Sendable {
    /// The image.
    let image: EngineImage
    /// The cause.
    let cause: UntaggedCause
    /// The tag that was lost, where anything tells; the latest of several.
    let lostTag: ImageReference?
    /// The image that has the tag now, where one has.
    let holder: Digest?
    /// When the tag was lost, as exactly as anything tells; the moment from which the new state was seen.
    let time: Timestamp?
    /// The build that took the tag, where the ledger knows it.
    let build: BuildRecord?
    /// One line that says what happened.
    let message: String
    /// The evidence, the strongest first, a line each.
    let evidence: [String]
    /// The command that gives the name back, or that makes it possible.
    let remedy: String?
}
