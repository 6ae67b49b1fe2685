import HookKit

/// Reports of small stores, for the examples of the rules.
enum RegistryExamples {
    private static let base = "registry/docker/registry/v2"

    /// Garbage in one repository.
    static var garbage: RegistryStoreReport {
        var report = RegistryStoreReport()
        report.groups = [
            .init(subject: "shop/api", counts: [.init("revision", 3), .init("layer-link", 7)], bytes: .zero, removals: []),
            .init(subject: "blobs", counts: [.init("blob", 9)], bytes: "120MB", removals: []),
        ]
        report.protection =
            "nothing listens at 'http://127.0.0.1:5000', so that the registry is taken to be stopped: what is younger than 1h stays, and links are "
            + "looked at again before blobs go; where it runs at another address, give that, or restart it afterwards"
        report.reclaimed = "120MB"
        report.freed = "120MB"
        report.counts = [.init("repository", 2), .init("blob", 40)]
        report.use = .init(
            repositories: [.init(name: "shop/api", bytes: "310MB"), .init(name: "shop/web", bytes: "95MB")],
            shared: "1.2GB",
            unreferenced: .zero
        )
        return report
    }

    /// A repository with an empty link.
    static var damaged: RegistryStoreReport {
        var report = RegistryStoreReport()
        report.problems = [
            .init(
                kind: "empty-link",
                path: "\(base)/repositories/shop/web/_manifests/tags/v1/current/link",
                repository: "shop/web",
                message: "the link is empty",
                breaksImages: true
            )
        ]
        report.notes = ["'shop/web' is kept whole, because something in it is damaged or not understood"]
        report.counts = [.init("repository", 2), .init("blob", 40)]
        return report
    }

    /// A tag that goes.
    static var deletion: RegistryStoreReport {
        var report = RegistryStoreReport()
        let tag = RegistryStoreReport.Removal(
            kind: "tag",
            path: "\(base)/repositories/shop/api/_manifests/tags/pr-7",
            reason: "asked",
            bytes: .zero
        )
        report.groups = [
            .init(subject: "shop/api", counts: [.init("tag", 1)], bytes: .zero, removals: [tag]),
            .init(subject: "blobs", counts: [.init("blob", 2)], bytes: "30MB", removals: []),
        ]
        report.reclaimed = "30MB"
        report.freed = "30MB"
        return report
    }

    /// A name that is not there.
    static var unmatched: RegistryStoreReport {
        var report = RegistryStoreReport()
        report.unmatched = ["shop/apj:pr-7"]
        return report
    }

    /// A pattern with a wildcard and without a match.
    static var withoutMatch: RegistryStoreReport {
        var report = RegistryStoreReport()
        report.unmatched = ["shop/*:pr-*"]
        return report
    }

    /// Blobs without a repository.
    static var bare: RegistryStoreReport {
        var report = RegistryStoreReport()
        report.problems = [
            .init(
                kind: "no-repository",
                path: "\(base)/repositories",
                repository: nil,
                message:
                    "no repository has a tag or a manifest, but there are blobs (40): no blob goes, because the directory may be missing, "
                    + "moved or not mounted",
                breaksImages: true
            )
        ]
        report.counts = [.init("repository", 0), .init("blob", 40)]
        return report
    }

    /// A pattern that no repository matches.
    static var unchosen: RegistryStoreReport {
        var report = RegistryStoreReport()
        report.unmatched = ["shop/apj"]
        report.counts = [.init("repository", 2), .init("blob", 40)]
        return report
    }

    /// A directory without a repository.
    static var empty: RegistryStoreReport {
        var report = RegistryStoreReport()
        report.counts = [.init("repository", 0), .init("tag", 0), .init("manifest", 0), .init("blob", 0)]
        return report
    }

    /// Nothing is wrong.
    static var sound: RegistryStoreReport {
        var report = RegistryStoreReport()
        report.counts = [.init("repository", 2), .init("tag", 5), .init("manifest", 7), .init("blob", 40)]
        return report
    }

    /// A link was written again.
    static var mended: RegistryStoreReport {
        var report = sound
        report.repairs = ["\(base)/repositories/shop/api/_layers/sha256/aa11/link"]
        return report
    }

    /// A layer is missing, and a blob is left over.
    static var broken: RegistryStoreReport {
        var report = RegistryStoreReport()
        report.problems = [
            .init(
                kind: "missing-blob",
                path: "\(base)/blobs/sha256/aa/aa11/data",
                repository: "shop/api",
                message: "the manifest names the blob, which is missing: push the image again",
                breaksImages: true
            ),
            .init(
                kind: "unreferenced-blob",
                path: "\(base)/blobs/sha256/bb/bb22/data",
                repository: nil,
                message: "nothing names the blob of 12 bytes",
                breaksImages: false
            ),
        ]
        return report
    }
}
