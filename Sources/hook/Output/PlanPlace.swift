/// Where the pipeline file of a plan lies, as seen from a directory: what decides whether it may be taken where none is named.
enum PlanPlace: Hashable {
    /// It is the one that is found here, or lies below this directory: it is meant.
    case here
    /// It lies elsewhere in this repository, or none is found here: it is meant, which is said.
    case elsewhere
    /// It lies elsewhere, and another one is found here: nobody can know which of the two is meant.
    case unclear(found: String)
    /// It is not there any more, and one is found here, which may be the same in another checkout: somebody must say so.
    case gone(found: String)

    /// Looks where a file lies: stat(2), realpath(3).
    init(of file: String, from directory: String) {
        let (real, place) = (FileIdentity.resolved(file), FileIdentity.resolved(directory))
        let own = PipelineFileFinder.repository(around: place)
        let isOfRepository = Self.contains(own ?? place, real) && PipelineFileFinder.repository(around: Self.directory(of: real)) == own
        let isTaken: Self = Self.contains(place, real) ? .here : .elsewhere
        guard let found = PipelineFileFinder.find(from: directory) else {
            self = isTaken
            return
        }
        if FileIdentity.kind(of: file) == .missing {
            self = .gone(found: found)
        } else if PlanFile.isSameFile(found.hasPrefix("/") ? found : "\(directory)/\(found)", file) {
            self = .here
        } else {
            self = isOfRepository ? isTaken : .unclear(found: found)
        }
    }

    private static func contains(_ directory: String, _ file: String) -> Bool {
        file.hasPrefix(directory.hasSuffix("/") ? directory : directory + "/")
    }

    private static func directory(of file: String) -> String { file.lastIndex(of: "/").map { String(file[..<$0]) } ?? file }
}
