import HookKit

/// The answer to Podman's `DELETE /libpod/images/remove`, which comes with status 200 whether something was removed or not.
struct WirePodmanRemoval: Decodable {
    let deleted: [String]?
    let untagged: [String]?
    let exitCode: Int?
    let errors: [String]?

    enum CodingKeys: String, CodingKey {
        case deleted = "Deleted"
        case untagged = "Untagged"
        case exitCode = "ExitCode"
        case errors = "Errors"
    }

    /// What became of the image.
    var removal: ImageRemoval {
        ImageRemoval(untagged: untagged ?? [], deleted: (deleted ?? []).map(WireImageRemoval.prefixed))
    }

    /// Says whether nothing was untagged and nothing deleted.
    var didNothing: Bool { (deleted ?? []).isEmpty && (untagged ?? []).isEmpty }

    /// The kind of the failure; `nil` where there was none.
    ///
    /// Source: podman-rmi(1), "Exit Status": 1 for an image that is not there, 2 for one with containers or children, 125 for the rest.
    var failure: EngineError.Code? {
        switch exitCode ?? 0 {
        case 0: errors?.isEmpty ?? true ? nil : .badAnswer
        case 1: .notFound
        case 2: .conflict
        // An image with several tags is not removed by its ID.
        default: errors?.contains { $0.contains("more than one tag") } ?? false ? .conflict : .badAnswer
        }
    }
}
