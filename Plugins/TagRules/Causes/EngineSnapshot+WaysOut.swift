import HookKit

extension EngineSnapshot {
    /// What giving a tag back to an image does to the image that has it now, and what to type where that is not what is wanted.
    ///
    /// There may be thousands of these: nothing is looked up but the two images.
    func waysOut(for image: EngineImage, giving tag: ImageReference, backFrom holder: Digest) -> String {
        let lost = image.id.short
        let name = tag.description
        var text = "giving it back "
        text.reserveCapacity(180 + 4 * name.utf8.count)
        let taken = images[holder]
        if let other = taken?.references.first(where: { $0 != tag })?.description ?? taken?.unreadableReferences.first {
            text += "takes it from \(holder.short), which keeps '\(other)'"
        } else {
            text += "leaves \(holder.short) without a name"
        }
        text += "; to keep both: "
        text += engine.docker
        text += " tag "
        text += lost
        text += " "
        text += tag.description(marked: "-" + lost)
        text += "; was the move meant: allow: [\""
        text += name
        text += "\"]"
        if image.isUntagged, containers[image.id] == nil { text += ", or prune" }
        return text
    }
}
