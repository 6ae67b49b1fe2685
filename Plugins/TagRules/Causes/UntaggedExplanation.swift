package import HookKit

/// Why an image is `<none>`, with the evidence: the answer of `detect-overwritten` and of `hook explain`.
package struct UntaggedExplanation: Sendable {
    /// When an image took the tag that was lost, or was first seen with it.
    package struct Taking: Sendable {
        /// The image.
        package let image: Digest
        /// The time.
        package let time: Timestamp
        /// The build that saw it there first, where the ledger knows it.
        package let build: BuildRecord?
    }

    /// The image.
    package let image: EngineImage
    /// The cause.
    package let cause: UntaggedCause
    /// The tag that was lost, where anything tells; the latest of several.
    package let lostTag: ImageReference?
    /// The first that is known to have taken the tag; not always the image that has it now.
    package let taking: Taking?
    /// The image that has the tag now, where one has.
    package let holder: Digest?
    /// When that one took it, where that is known.
    package let holding: Taking?
    /// When the tag was lost, as exactly as anything tells; the moment from which the new state was seen.
    package let time: Timestamp?
    /// The build that took the tag, where the ledger knows it.
    package let build: BuildRecord?
    /// One line that says what happened.
    package let message: String
    /// The evidence, the strongest first, a line each.
    package let evidence: [String]
    /// What that command does to the image that has the tag now, and what else there is to do; `nil` where no other image has it.
    package let waysOut: String?
    /// The command that gives the name back, or that makes it possible.
    package let remedy: String?
}
