import HookKit

/// Fails archives whose images will load as `<none>`.
struct CheckArchive: Rule {
    static let configuration = RuleConfiguration(
        name: "check-archive",
        abstract: "Look into archives of 'docker save' and fail those that will load as `<none>`.",
        discussion: """
            An archive that was saved by an image's ID, or by a part of it, carries no name, and loading it makes a `<none>` image. Nothing is \
            unpacked. '.tar', '.tar.gz' and, where the zstd tool is there, '.tar.zst' are read.
            """,
        effect: .observes,
        examples: [
            RuleExample(
                "An archive that was saved by name passes, one that was saved by ID fails.",
                settings: ["archives": ["named.tar", "by-id.tar"]],
                in: ExampleWorld(archives: [
                    "named.tar": ImageArchiveContents(format: .docker, images: [.init(identifier: "0f3e", references: ["shop/api:v1"])]),
                    "by-id.tar": ImageArchiveContents(format: .docker, images: [.init(identifier: "0f3e", references: [])]),
                ]),
                finds: [.init(.passed, "named", "named.tar"), .init(.failed, "no-name", "by-id.tar")]
            ),
            RuleExample(
                "A path that names no file is a failure, not a silent success.",
                settings: ["archives": ["missing.tar"]],
                finds: [.init(.failed, "no-archive", "missing.tar")]
            ),
            RuleExample("Archives must be named.", settings: [:], isRefused: "check-archive needs the setting 'archives'"),
        ]
    )

    @Setting(help: "Files or globs such as 'build/*.tar'.") var archives: [ConfigPath]

    func run(in context: RuleContext) async throws {
        for path in archives {
            let files = try await context.archives.files(matching: path)
            if files.isEmpty {
                context.report(
                    .failed(subject: path.description, type: "no-archive", message: "no file matches '\(path)'", remedy: "ls -l \(path)")
                )
            }
            for file in files { await check(file, named: displayName(of: file, from: path), in: context) }
        }
    }

    private func check(_ file: String, named name: String, in context: RuleContext) async {
        let contents: ImageArchiveContents
        do {
            contents = try await context.archives.contents(of: file)
        } catch {
            context.report(.error(subject: name, type: "unreadable", message: "\(error)"))
            return
        }
        if contents.images.isEmpty {
            context.report(.failed(subject: name, type: "no-image", message: "the archive names no image"))
        }
        for image in contents.images {
            // One image is the archive; of several each has a subject of its own.
            let subject = contents.images.count == 1 ? name : "\(name) (\(image.references.first ?? Self.short(image.identifier)))"
            if image.references.isEmpty {
                context.report(
                    .failed(
                        subject: subject,
                        type: "no-name",
                        message: "image \(Self.short(image.identifier)) has no name in the archive and will load as <none>",
                        details: ["it was saved by its ID; an archive carries only the names that 'docker save' was given"],
                        remedy: "docker save -o \(name) NAME:TAG"
                    )
                )
            } else {
                let note =
                    contents.format == .oci ? ["only an engine with the containerd image store loads an archive without manifest.json"] : []
                context.report(
                    .passed(subject: subject, type: "named", message: "loads as \(image.references.joined(separator: ", "))", details: note)
                )
            }
        }
    }

    /// The path as the user wrote it; for a glob, the file with the glob's directory.
    private func displayName(of file: String, from path: ConfigPath) -> String {
        guard file != path.absolute else { return path.description }
        let directory = path.absolute.dropLast(path.description.count)
        return file.hasPrefix(directory) ? String(file.dropFirst(directory.count)) : file
    }

    private static func short(_ identifier: String) -> String {
        String((identifier.hasPrefix("sha256:") ? identifier.dropFirst(7) : Substring(identifier)).prefix(12))
    }
}
