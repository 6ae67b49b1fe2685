import HookKit

extension PrunePlan.Removal {
    /// How many tags a message names.
    private static let mostTags = 5

    /// The tags that it has besides the one that it is reported by, in order.
    private var otherTags: [ImageReference] {
        guard case .image(let image) = item else { return [] }
        return Array(image.references.sorted().dropFirst())
    }

    /// Why it is removed, and the tags that go with it besides the one that it is reported by.
    var message: String {
        let tags = otherTags
        return tags.isEmpty ? reason : "\(reason), with its tag\(tags.count == 1 ? "" : "s") \(Self.text(tags))"
    }

    /// All its tags, where they are more than a message names.
    var tagDetails: [String] { otherTags.count > Self.mostTags ? allTags : [] }

    /// All its tags, where they are several.
    var allTags: [String] {
        guard case .image(let image) = item, image.references.count > 1 else { return [] }
        return ["its tags: \(image.references.sorted().map { "'\($0)'" }.joined(separator: ", "))"]
    }

    /// The tags that it had besides the one that it is reported by, or besides some, as the end of a sentence; empty where it had no others.
    func otherTagsByThePlan(than tags: [ImageReference]? = nil) -> String {
        guard case .image(let image) = item else { return "" }
        let others = tags.map { tags in image.references.filter { !tags.contains($0) }.sorted() } ?? otherTags
        return others.isEmpty ? "" : "; by the plan it also had \(Self.text(others))"
    }

    private static func text(_ tags: [ImageReference]) -> String {
        let named = tags.prefix(mostTags).map { "'\($0)'" }.joined(separator: ", ")
        return tags.count > mostTags ? "\(named) and \(tags.count - mostTags) more" : named
    }
}
