import HookKit
import HookTesting
import Testing

@testable import ArchiveReader

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

struct TarImageArchivesTests {
    private static let hex = String(repeating: "ab", count: 32)
    private static let manifest = #"[{"Config":"\#(hex).json","RepoTags":["shop/api:v1"],"Layers":[]}]"#
    private static let named = ImageArchiveContents(
        format: .docker,
        images: [.init(identifier: "sha256:\(hex)", references: ["shop/api:v1"])]
    )

    private let archives = TarImageArchives()
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func contents(of builder: TarBuilder) async throws -> ImageArchiveContents {
        try await archives.contents(of: directory.write(builder.archive, to: "a.tar"))
    }

    private func sentence(_ reason: String) -> ImageArchiveError { ImageArchiveError("cannot read '\(directory["a.tar"])': \(reason)") }

    // MARK: - What archives say

    @Test(arguments: [
        ("named", manifest, ["shop/api:v1"]),
        ("saved by ID", #"[{"Config":"\#(hex).json","RepoTags":null,"Layers":["x/layer.tar"]}]"#, []),
        ("no tags", #"[{"Config":"\#(hex).json","RepoTags":[],"Layers":[]}]"#, []),
        ("the key is missing", #"[{"Config":"\#(hex).json"}]"#, []),
        ("Docker 25 and later", #"[{"Config":"blobs/sha256/\#(hex)","RepoTags":["a:1","b:2"],"Layers":[]}]"#, ["a:1", "b:2"]),
        (
            "twice the same image", #"[{"Config":"\#(hex).json","RepoTags":["a:1"]},{"Config":"\#(hex).json","RepoTags":["b:2","a:1"]}]"#,
            ["a:1", "b:2"]
        ),
    ])
    func manifestNamesTheImages(name: String, manifest: String, references: [String]) async throws {
        var tar = TarBuilder()
        tar.add("\(Self.hex)/layer.tar", String(repeating: "x", count: 700))
        tar.add("manifest.json", manifest)
        let image = ImageArchiveContents.Image(identifier: "sha256:\(Self.hex)", references: references)
        #expect(try await contents(of: tar) == ImageArchiveContents(format: .docker, images: [image]))
    }

    @Test func severalImagesKeepTheirOrderAndOddConfigurationNamesStayAsTheyAre() async throws {
        var tar = TarBuilder()
        tar.add("manifest.json", #"[{"Config":"z.json","RepoTags":["z:1"]},{"Config":"a.json","RepoTags":null}]"#)
        #expect(
            try await contents(of: tar)
                == ImageArchiveContents(
                    format: .docker,
                    images: [.init(identifier: "z.json", references: ["z:1"]), .init(identifier: "a.json", references: [])]
                )
        )
    }

    @Test func manifestGoesBeforeTheIndexAsInAnEngine() async throws {
        var tar = TarBuilder()
        tar.add("oci-layout", #"{"imageLayoutVersion":"1.0.0"}"#)
        tar.add("index.json", #"{"schemaVersion":2,"manifests":[{"digest":"sha256:1","size":1}]}"#)
        tar.add("manifest.json", Self.manifest)
        #expect(try await contents(of: tar) == Self.named)
    }

    @Test(arguments: [
        (#"{"io.containerd.image.name":"docker.io/shop/api:v1","org.opencontainers.image.ref.name":"v1"}"#, ["docker.io/shop/api:v1"]),
        (#"{"org.opencontainers.image.ref.name":"shop/api:v1"}"#, ["shop/api:v1"]),
        (#"{"org.opencontainers.image.ref.name":""}"#, []),
        (#"{"other":"x"}"#, []),
        ("null", []),
    ])
    func indexNamesTheImagesByItsAnnotations(annotations: String, references: [String]) async throws {
        var tar = TarBuilder()
        tar.add("blobs/sha256/1", "layer")
        tar.add("index.json", #"{"schemaVersion":2,"manifests":[{"digest":"sha256:1","size":1,"annotations":\#(annotations)}]}"#)
        let image = ImageArchiveContents.Image(identifier: "sha256:1", references: references)
        #expect(try await contents(of: tar) == ImageArchiveContents(format: .oci, images: [image]))
    }

    @Test func tagsOfOneImageInAnIndexAreOneImage() async throws {
        var tar = TarBuilder()
        let names = ["a:1", "a:2"].map { #"{"digest":"sha256:1","size":1,"annotations":{"io.containerd.image.name":"\#($0)"}}"# }
        tar.add("index.json", #"{"schemaVersion":2,"manifests":[\#(names.joined(separator: ","))]}"#)
        let image = ImageArchiveContents.Image(identifier: "sha256:1", references: ["a:1", "a:2"])
        #expect(try await contents(of: tar) == ImageArchiveContents(format: .oci, images: [image]))
    }

    @Test func repositoriesOfOldEnginesNameTheImages() async throws {
        var tar = TarBuilder()
        tar.add("repositories", #"{"shop/web":{"v1":"22"},"shop/api":{"v2":"11","v1":"11"}}"#)
        #expect(
            try await contents(of: tar)
                == ImageArchiveContents(
                    format: .docker,
                    images: [
                        .init(identifier: "11", references: ["shop/api:v1", "shop/api:v2"]),
                        .init(identifier: "22", references: ["shop/web:v1"]),
                    ]
                )
        )
    }

    @Test func emptyManifestNamesNoImage() async throws {
        var tar = TarBuilder()
        tar.add("manifest.json", "[]")
        #expect(try await contents(of: tar) == ImageArchiveContents(format: .docker, images: []))
    }

    // MARK: - Ways to write a tar archive

    @Test func nameIsFoundHoweverItIsWritten() async throws {
        var dotted = TarBuilder()
        dotted.add("./", type: "5")
        dotted.add("./manifest.json", Self.manifest)
        var absolute = TarBuilder()
        absolute.add("/manifest.json", Self.manifest)
        var long = TarBuilder()
        long.add("././@LongLink", "./manifest.json\u{0}", type: "L")
        long.add("cut", Self.manifest)
        var records = TarBuilder()
        records.add("pax_global_header", "13 comment=x\n", type: "g")
        records.addRecords([("mtime", "1.5"), ("path", "manifest.json")])
        records.add("cut", Self.manifest)
        var old = TarBuilder()
        old.add("manifest.json", Array(Self.manifest.utf8), type: "\u{0}")
        for (name, tar) in [("dotted", dotted), ("absolute", absolute), ("long", long), ("records", records), ("old", old)] {
            #expect(try await contents(of: tar) == Self.named, "\(name)")
        }
    }

    @Test func nameThatLeadsUpwardsIsNotTheManifest() async throws {
        var tar = TarBuilder()
        tar.add("x/../manifest.json", Self.manifest)
        await #expect(
            throws: ImageArchiveError("'\(directory["a.tar"])' is no archive of images: it has neither 'manifest.json' nor 'index.json'")
        ) { try await contents(of: tar) }
    }

    @Test func ofTwoManifestsTheLastCounts() async throws {
        var tar = TarBuilder()
        tar.add("manifest.json", "[]")
        tar.add("manifest.json", Self.manifest)
        #expect(try await contents(of: tar) == Self.named)
    }

    @Test func layerOfManyGigabytesIsPassedOver() async throws {
        // A hole takes no space: 20 GB, a size that octal digits cannot say.
        let size: Int64 = 20 << 30
        var tar = TarBuilder()
        let big = withUnsafeBytes(of: size.bigEndian) { [0x80, 0, 0, 0] + Array($0) }
        tar.add("layer.tar", [], type: "0", size: big)
        let path = try directory.write(tar.bytes, to: "a.tar")
        var rest = TarBuilder()
        rest.add("manifest.json", Self.manifest)
        let descriptor = open(path, O_WRONLY)
        defer { close(descriptor) }
        #expect(pwrite(descriptor, rest.archive, rest.archive.count, off_t(512 + size)) == rest.archive.count)
        #expect(try await archives.contents(of: path) == Self.named)
    }

    @Test func archiveWithoutItsEndIsReadWhereNothingIsMissing() async throws {
        var tar = TarBuilder()
        tar.add("manifest.json", Self.manifest)
        #expect(try await archives.contents(of: directory.write(tar.bytes, to: "a.tar")) == Self.named)
    }

    // MARK: - What cannot be read

    @Test func filesThatAreNoArchivesAreASentenceEach() async throws {
        try directory.makeDirectory("folder")
        #expect(mkfifo(directory["fifo"], 0o600) == 0)
        try directory.write("", to: "empty")
        try directory.write("just text", to: "short")
        try directory.write([UInt8](repeating: 65, count: 5000), to: "text")
        try directory.write([UInt8](repeating: 0, count: 512), to: "zeros")
        for (name, reason) in [
            ("missing", "there is no such file"), ("folder", "it is a directory"), ("fifo", "it is not a file"), ("empty", "it is empty"),
            ("short", "it is no tar archive"), ("text", "it is no tar archive"), ("short/x", "Not a directory"),
            ("zeros", "it is truncated: it has no end, and nothing in it until there names an image"),
        ] {
            await #expect(throws: ImageArchiveError("cannot read '\(directory[name])': \(reason)")) {
                try await archives.contents(of: directory[name])
            }
        }
    }

    @Test func manifestThatIsNoManifestIsASentence() async throws {
        for content in ["", "{", "{}", #"[{"RepoTags":["a:1"]}]"#, #"[{"Config":1}]"#, String(repeating: "[", count: 100_000)] {
            var tar = TarBuilder()
            tar.add("manifest.json", content)
            await #expect(throws: sentence("'manifest.json' in it is not what an archive of images has there")) {
                try await contents(of: tar)
            }
        }
        var link = TarBuilder()
        link.add("manifest.json", type: "2")
        await #expect(throws: sentence("'manifest.json' in it is not a file")) { try await contents(of: link) }
    }

    @Test func manifestThatClaimsToBeHugeIsNotRead() async throws {
        var tar = TarBuilder()
        tar.add("manifest.json", "[]", size: 64 << 20 | 1)
        await #expect(throws: sentence("'manifest.json' in it is longer than 67.11MB")) { try await contents(of: tar) }
    }

    @Test func everyTruncationIsASentenceOrLeavesTheManifestWhole() async throws {
        var tar = TarBuilder()
        tar.add("layer.tar", String(repeating: "x", count: 900))
        tar.addRecords([("path", "manifest.json")])
        tar.add("cut", Self.manifest)
        let whole = tar.bytes.count
        // Around the ends of all blocks, and some lengths between.
        let lengths = (1..<tar.archive.count).filter { length in
            let inBlock = length % 512
            return inBlock == 511 || inBlock < 2 || length % 61 == 0
        }
        for length in lengths {
            let path = try directory.write(Array(tar.archive[..<length]), to: "a.tar")
            let result = await Result { () async throws in try await archives.contents(of: path) }
            switch length {
            case ..<512: #expect(result == .failure(sentence("it is no tar archive")), "\(length)")
            // Between two members, or in the fill of a block, nothing tells that more should come.
            case 512 + 900...512 + 1024:
                let reason = "it is truncated: it has no end, and nothing in it until there names an image"
                #expect(result == .failure(sentence(reason)), "\(length)")
            case whole, (whole + 512): #expect(result == .success(Self.named), "\(length)")
            default: #expect(result == .failure(sentence("it is truncated: byte \(length) is its last")), "\(length)")
            }
        }
    }

    @Test func damagedHeaderIsToldWithItsPlace() async throws {
        var tar = TarBuilder()
        tar.add("layer.tar", "x")
        tar.add("manifest.json", Self.manifest)
        var bytes = tar.archive
        bytes[1024 + 7] ^= 1
        let path = try directory.write(bytes, to: "a.tar")
        await #expect(throws: sentence("it is damaged: at byte 1024 there is no header")) { try await archives.contents(of: path) }
    }

    @Test func randomDamageIsAlwaysASentence() async throws {
        var tar = TarBuilder()
        tar.add("././@LongLink", "manifest.json\u{0}", type: "L")
        tar.add("cut", Self.manifest)
        tar.addRecords([("path", "index.json"), ("size", "3")])
        tar.add("x", "{}\n")
        let seed = TestSeed.first
        var generator = SplitMix(seed)
        for round in 0..<2000 {
            var bytes = tar.archive
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: .min ... .max, using: &generator)
            }
            var feed = ScannerFeed(TarScanner(wanted: ["manifest.json", "index.json"]))
            let chunk = Int.random(in: 1...2000, using: &generator)
            do {
                for start in stride(from: 0, to: bytes.count, by: chunk) {
                    try bytes[start..<min(start + chunk, bytes.count)].withUnsafeBytes { try feed.give($0) }
                }
                try feed.end()
                #expect(Set(feed.scanner.members.keys).isSubset(of: ["manifest.json", "index.json"]), "seed \(seed), round \(round)")
            } catch {
                #expect(error is TarProblem, "seed \(seed), round \(round)")
            }
        }
    }

    // MARK: - Finding files

    @Test func pathOrGlobNamesFilesSorted() async throws {
        for name in ["b.tar", "a.tar", ".hidden.tar", "sub/c.tar", "sub[1]/d.tar", "odd[1].tar"] { try directory.write("x", to: name) }
        try directory.makeDirectory("folder.tar")
        for (pattern, names) in [
            ("*.tar", ["a.tar", "b.tar", "odd[1].tar"]), ("?.tar", ["a.tar", "b.tar"]), ("[ab].tar", ["a.tar", "b.tar"]),
            ("*/c.tar", ["sub/c.tar"]), ("odd[1].tar", ["odd[1].tar"]), ("odd\\[1].tar", ["odd[1].tar"]), ("./b.tar", ["./b.tar"]),
            ("none*.tar", []), ("none.tar", []), ("none/*.tar", []), ("a.tar/*", []), ("folder.tar", ["folder.tar"]),
            ("-x*", []), (".*.tar", [".hidden.tar"]),
        ] {
            let found = try await archives.files(matching: ConfigPath(pattern, in: directory.path))
            #expect(found == names.map { directory[$0] }, "\(pattern)")
        }
        // A directory that the user did not write in the pattern is no pattern.
        let inside = try await archives.files(matching: ConfigPath("*.tar", in: directory["sub[1]"]))
        #expect(inside == [directory["sub[1]/d.tar"]])
        let absolute = try await archives.files(matching: ConfigPath(directory["?.tar"], in: "/"))
        #expect(absolute == [directory["a.tar"], directory["b.tar"]])
    }
}

extension Result where Failure == any Error {
    /// Catches what an asynchronous call throws.
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}

extension Result where Success == ImageArchiveContents, Failure == any Error {
    fileprivate static func == (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.success(let left), .success(let right)): left == right
        case (.failure(let left), .failure(let right)): left as? ImageArchiveError == right as? ImageArchiveError
        default: false
        }
    }
}
