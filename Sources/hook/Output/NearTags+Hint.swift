import History
import HookKit

extension NearTags {
    /// The end of a message that a tag is not there; `owner` says who has the others: `it knows`, `it has`.
    func hint(ownedBy owner: String) -> String {
        switch self {
        case .similar(let reference): return "; did you mean '\(reference)'?"
        case .sameRepository(let tags, let more):
            let names = tags.map(\.description).joined(separator: ", ")
            return "; of this repository \(owner) \(names)" + (more > 0 ? " and \(more) more" : "")
        case .none: return ""
        }
    }
}
