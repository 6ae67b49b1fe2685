import HookKit

/// What a collection of a registry's directory does to the space on the disk, in words and in figures.
struct StoreSpace {
    let report: RegistryStoreReport
    let isDryRun: Bool

    /// One line: what went where, and when the disk gets it back.
    var words: String {
        var parts: [String] = []
        if isDryRun {
            if report.wouldBeKeptFor == .zero {
                parts.append("\(report.reclaimed) would be moved to the trash")
            } else if let period = report.wouldBeKeptFor {
                parts.append("\(report.reclaimed) would be moved to the trash, which a run from \(period.settingText) later on frees")
            } else {
                parts.append("\(report.reclaimed) would be given back")
            }
            if report.freedFromTrash > .zero { parts.append("\(report.freedFromTrash) would be freed from the trash") }
        } else {
            if let left = report.leftInTrash {
                parts.append("\(report.reclaimed) moved to the trash, of which \(left) could not be deleted yet")
            } else if report.trash == nil {
                parts.append("\(report.reclaimed) given back")
            } else if let time = report.keptUntil {
                parts.append("\(report.reclaimed) moved to the trash, which a run from \(time) on frees")
            } else {
                parts.append("\(report.reclaimed) moved to the trash")
            }
            if report.freedFromTrash > .zero { parts.append("\(report.freedFromTrash) freed from the trash") }
        }
        return parts.joined(separator: "; ")
    }

    /// In a dry run, the finding by which the space that the trash of earlier runs would give back counts as planned.
    func finding(subject: String) -> Finding? {
        guard isDryRun, report.freedFromTrash > .zero else { return nil }
        return .passed(
            subject: Self.trashSubject(subject),
            type: "would-free",
            message: "what earlier runs moved to the trash would be deleted",
            bytes: report.freedFromTrash
        )
    }

    /// What the findings on a store's trash are about.
    static func trashSubject(_ root: String) -> String { "\(root) (trash)" }

    /// What the disk gets back; where it gets nothing back yet, what went to the trash.
    var bytes: ByteSize { report.freed > .zero ? report.freed : report.reclaimed }
}
