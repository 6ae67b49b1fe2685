import HookKit

/// Why images stay for the lists of images for several platforms that an engine keeps.
struct ManifestListUses: Sendable {
    private var reasons: [Digest: String] = [:]
    /// Why any image may be needed, since not all that lists name is known.
    private var doubt: String?

    /// There is no list.
    init() {}

    /// Which lists there are is not known.
    init(problem: String) { doubt = problem }

    /// Takes the lists.
    init(_ lists: [EngineManifestList]) {
        for list in lists {
            let name = "the manifest list '\(list.displayName)'"
            switch list.content {
            case .images(let images): for image in images { reasons[image] = "\(name) names it" }
            case .unknown(let problem): doubt = doubt ?? "\(name) may name it: \(problem)"
            }
        }
    }

    /// Why an image stays; `nil` where no list names it.
    func reason(toKeep image: Digest) -> String? { reasons[image] ?? doubt }
}
