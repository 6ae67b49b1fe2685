import HookKit
import Runner

/// Who uses registries' storage, as a section of a Markdown document.
struct MarkdownStorage {
    /// How many bytes the section takes at most, but for its last line.
    private static let limit = 8000
    /// How many repositories and tags are named.
    private static let rows = 5

    /// The section's lines; none where no stage looked at a storage.
    static func lines(_ result: RunResult) -> [String] {
        let parts = result.stages.flatMap { stage in stage.findings.compactMap { part($0, of: stage) } }
        if parts.isEmpty { return [] }
        var lines = ["### Registry storage", ""]
        var left = limit
        for (index, part) in parts.enumerated() {
            left -= part.reduce(0) { $0 + $1.utf8.count + 1 }
            guard left > 0 else { return lines + ["… \(parts.count - index) more in the other reports.", ""] }
            lines += part
        }
        return lines
    }

    private static func part(_ finding: Finding, of stage: StageResult) -> [String]? {
        guard let use = StorageUse(finding) else { return nil }
        var words = ["\(size(use.kept + use.unreferenced)) of blobs \(use.reclaimable == nil ? "now" : "would stay")"]
        if use.shared > 0 { words.append("\(size(use.shared)) of them used by several repositories") }
        if use.unreferenced > 0 {
            words.append("\(size(use.unreferenced)) named by nothing\(use.reclaimable == nil ? "" : " that would stay")")
        }
        if let reclaimable = use.reclaimable {
            words.append("\(size(reclaimable.all)) \(reclaimable.fate)")
        } else if let gone = finding.bytes, gone > .zero {
            words.append("\(gone) \(stage.reclaimed == .zero ? "moved to the trash" : "given back") by this run")
        }
        let lines = ["- \(MarkdownText.code(use.root)): \(words.joined(separator: ", "))", ""]
        return lines + repositories(use) + tags(use)
    }

    private static func repositories(_ use: StorageUse) -> [String] {
        if use.repositories.isEmpty { return [] }
        let head =
            use.reclaimable.map { ["| repository | used by it alone, and would stay | \($0.fate) |", "|---|---:|---:|"] }
            ?? ["| repository | used by it alone |", "|---|---:|"]
        let rows = use.repositories.prefix(rows).map { repository in
            let name = MarkdownText.code(repository.name, limit: 200, isCell: true)
            let freed = use.reclaimable == nil ? "" : " \(size(repository.reclaimable)) |"
            return "| \(name) | \(size(repository.bytes)) |\(freed)"
        }
        return head + rows + [""]
    }

    private static func tags(_ use: StorageUse) -> [String] {
        if use.tags.isEmpty { return [] }
        let rows = use.tags.prefix(rows).map { "| \(MarkdownText.code($0.name, limit: 200, isCell: true)) | \(size($0.bytes)) |" }
        return ["| tag | all that it reaches |", "|---|---:|"] + rows + [""]
    }

    private static func size(_ bytes: Int) -> String { ByteSize(bytes: Int64(bytes)).description }
}
