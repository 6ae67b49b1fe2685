import HookKit
import HookTesting
import Testing

@testable import ArchiveReader

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Archives that a real engine and skopeo wrote.
@Suite(.timeLimit(.minutes(10))) struct RealArchiveTests {
    private static let host = getenv("HOOK_TEST_DOCKER").map { String(cString: $0) }
    private static let isRequired = getenv("HOOK_TESTS_REQUIRE_SERVICES").map { String(cString: $0) } == "1"

    private let archives = TarImageArchives()
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @discardableResult
    private func run(_ arguments: String..., input: RunningProcess.Input = .nothing) async throws -> String {
        let environment = RunningProcess.Environment.inherited(changing: ["DOCKER_HOST": Self.host, "DOCKER_CONTEXT": nil])
        let outcome = try await runProcess(arguments, environment: environment, directory: directory.path, input: input)
        try #require(outcome.exitCode == 0, "\(arguments.joined(separator: " ")): \(outcome)")
        return String(outcome.standardOutput.split(separator: "\n").first ?? "")
    }

    /// Compresses an archive with every tool; the paths of all forms, the plain one first.
    private func everyForm(of archive: String) async throws -> [String] {
        var paths = [directory[archive]]
        for (tool, ending) in [("gzip", "gz"), ("bzip2", "bz2"), ("xz", "xz"), ("zstd", "zst")] {
            let shell = "\(tool) -c < \(archive) > \(archive).\(ending)"
            try await run("sh", "-c", shell)
            paths.append(directory["\(archive).\(ending)"])
        }
        return paths
    }

    @Test(.enabled(if: host != nil || isRequired, "HOOK_TEST_DOCKER names no engine"))
    func archivesOfARealEngineSayWhatLoadingThemMakes() async throws {
        _ = try #require(Self.host, "HOOK_TEST_DOCKER must name an engine here")
        try directory.write("\(UInt64.random(in: .min ... .max))", to: "root/file")
        try await run("tar", "-C", "root", "-cf", "layer.tar", ".")
        let repository = "hook-archives-\(getpid())/api"
        let identifier = try await run("docker", "import", "layer.tar", "\(repository):v1")
        try await run("docker", "tag", identifier, "\(repository):v2")
        try await run("docker", "save", "-o", "named.tar", "\(repository):v1", "\(repository):v2")
        try await run("docker", "save", "-o", "by-id.tar", identifier)
        try await run("docker", "rmi", "\(repository):v1", "\(repository):v2")

        for path in try await everyForm(of: "named.tar") {
            let image = ImageArchiveContents.Image(identifier: identifier, references: ["\(repository):v1", "\(repository):v2"])
            #expect(try await archives.contents(of: path) == ImageArchiveContents(format: .docker, images: [image]), "\(path)")
        }
        for path in try await everyForm(of: "by-id.tar") {
            let image = ImageArchiveContents.Image(identifier: identifier, references: [])
            #expect(try await archives.contents(of: path) == ImageArchiveContents(format: .docker, images: [image]), "\(path)")
        }
        // What was read is what loading does.
        #expect(try await run("docker", "load", "-i", "by-id.tar") == "Loaded image ID: \(identifier)")
        #expect(try await run("docker", "image", "inspect", "--format", "{{len .RepoTags}}", identifier) == "0")
        try await run("docker", "rmi", identifier)
        #expect(try await run("docker", "load", "-i", "named.tar") == "Loaded image: \(repository):v1")
        try await run("docker", "rmi", "\(repository):v1", "\(repository):v2")
    }

    @Test(.enabled(if: hasSkopeo || isRequired, "there is no skopeo"))
    func archivesOfSkopeoSayWhatLoadingThemMakes() async throws {
        try directory.write("\(UInt64.random(in: .min ... .max))", to: "root/file")
        try await run("tar", "-C", "root", "-cf", "layer.tar", ".")
        try await writeLayout(to: "layout", layer: "layer.tar")
        try await run("skopeo", "--insecure-policy", "copy", "-q", "oci:layout:v1", "docker-archive:named.tar:shop/api:v1")
        try await run("skopeo", "--insecure-policy", "copy", "-q", "oci:layout:v1", "docker-archive:nameless.tar")
        try await run("skopeo", "--insecure-policy", "copy", "-q", "oci:layout:v1", "oci-archive:oci.tar:shop/api:v1")
        try await run("skopeo", "--insecure-policy", "copy", "-q", "oci:layout:v1", "oci-archive:oci-nameless.tar")

        for (archive, format, references) in [
            ("named.tar", ImageArchiveContents.Format.docker, ["docker.io/shop/api:v1"]), ("nameless.tar", .docker, []),
            ("oci.tar", .oci, ["shop/api:v1"]), ("oci-nameless.tar", .oci, []),
        ] {
            for path in try await everyForm(of: archive) {
                let contents = try await archives.contents(of: path)
                #expect(contents.format == format, "\(path)")
                #expect(contents.images.map(\.references) == [references], "\(path)")
                #expect(contents.images.allSatisfy { $0.identifier.hasPrefix("sha256:") && $0.identifier.utf8.count == 71 }, "\(path)")
            }
        }
    }

    // MARK: - Compressed archives that cannot be read

    @Test func truncatedOrDamagedCompressionIsASentence() async throws {
        var tar = TarBuilder()
        tar.add("layer.tar", (0..<20_000).map(String.init).joined())
        tar.add("manifest.json", "[]")
        try directory.write(tar.archive, to: "a.tar")
        let paths = try await everyForm(of: "a.tar").dropFirst()
        for path in paths {
            let name = String(path.split(separator: "/").last ?? "")
            let bytes = try directory.bytes(of: name)
            let cut = try directory.write(Array(bytes.prefix(bytes.count / 2)), to: "cut-\(name)")
            let error = await #expect(throws: ImageArchiveError.self) { try await archives.contents(of: cut) }
            let sentence = try #require(error?.description)
            #expect(sentence.hasPrefix("cannot read '\(cut)': it is truncated or damaged: "))
            #expect(!sentence.contains("\n"))
        }
        let gzip = try directory.bytes(of: "a.tar.gz")
        let cut = try directory.write(Array(gzip.dropLast(12)), to: "cut.tar.gz")
        await #expect(
            throws: ImageArchiveError("cannot read '\(cut)': it is truncated or damaged: gzip: stdin: unexpected end of file")
        ) { try await archives.contents(of: cut) }
    }

    @Test func compressedFileThatIsNoArchiveIsASentence() async throws {
        try directory.write(String(repeating: "just text ", count: 1000), to: "text")
        for path in try await everyForm(of: "text").dropFirst() {
            let tool = ["gz": "gzip", "bz2": "bzip2", "xz": "xz", "zst": "zstd"][String(path.split(separator: ".").last ?? "")] ?? ""
            await #expect(throws: ImageArchiveError("cannot read '\(path)': what it holds, compressed with \(tool), is no tar archive")) {
                try await archives.contents(of: path)
            }
        }
    }

    @Test func trailingGarbageAfterGzipIsNoFailure() async throws {
        var tar = TarBuilder()
        tar.add("manifest.json", "[]")
        try directory.write(tar.archive, to: "a.tar")
        try await run("sh", "-c", "gzip -c a.tar > b.tar.gz; echo garbage >> b.tar.gz")
        let contents = try await archives.contents(of: directory["b.tar.gz"])
        #expect(contents == ImageArchiveContents(format: .docker, images: []))
    }

    @Test func missingToolIsNamed() async throws {
        let path = try directory.write([0x28, 0xb5, 0x2f, 0xfd, 0], to: "a.tar.zst")
        await #expect(
            throws: ImageArchiveError("cannot read '\(path)': it is compressed, and there is no program 'zstd' here to read it; install it")
        ) { try await TarImageArchives(searchPath: directory.path).contents(of: path) }
    }

    @Test func fileNameIsNeverAnOption() async throws {
        var tar = TarBuilder()
        tar.add("manifest.json", "[]")
        try directory.write(tar.archive, to: "a.tar")
        try await run("sh", "-c", "gzip -c a.tar > ./--help; gzip -c a.tar > host:a.tar")
        for name in ["--help", "host:a.tar"] {
            #expect(try await archives.contents(of: directory[name]) == ImageArchiveContents(format: .docker, images: []))
        }
    }

    // MARK: -

    private static let hasSkopeo =
        getenv("PATH").map { String(cString: $0) }?.split(separator: ":").contains { access("\($0)/skopeo", X_OK) == 0 } ?? false

    /// Writes an OCI layout with one image of one layer, tagged `v1`.
    private func writeLayout(to name: String, layer: String) async throws {
        try directory.makeDirectory("\(name)/blobs/sha256")
        func blob(_ file: String) async throws -> (digest: String, descriptor: String) {
            let digest = String(try await run("sha256sum", file).prefix(64))
            let bytes = try directory.bytes(of: file)
            try directory.write(bytes, to: "\(name)/blobs/sha256/\(digest)")
            return (digest, #""digest":"sha256:\#(digest)","size":\#(bytes.count)"#)
        }
        let layerBlob = try await blob(layer)
        let diff = "sha256:\(layerBlob.digest)"
        let configuration = #"{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":["\#(diff)"]}}"#
        try directory.write(configuration, to: "configuration")
        let configurationBlob = try await blob("configuration")
        let type = "application/vnd.oci.image"
        let manifest = """
            {"schemaVersion":2,"mediaType":"\(type).manifest.v1+json","config":{"mediaType":"\(type).config.v1+json",\(configurationBlob.descriptor)},\
            "layers":[{"mediaType":"\(type).layer.v1.tar",\(layerBlob.descriptor)}]}
            """
        try directory.write(manifest, to: "manifest")
        let manifestBlob = try await blob("manifest")
        let annotations = #""annotations":{"org.opencontainers.image.ref.name":"v1"}"#
        try directory.write(
            #"{"schemaVersion":2,"manifests":[{"mediaType":"\#(type).manifest.v1+json",\#(manifestBlob.descriptor),\#(annotations)}]}"#,
            to: "\(name)/index.json"
        )
        try directory.write(#"{"imageLayoutVersion":"1.0.0"}"#, to: "\(name)/oci-layout")
    }
}
