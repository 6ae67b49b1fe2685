import OCI

extension WireImage {
    /// Reads a listing; `nil` where it is not as engines write it, and the decoder has to say what it is.
    static func plainList(_ document: UnsafeRawBufferPointer) -> [WireImage]? {
        PlainJSON.read(document) { reader throws(PlainJSON.NotPlain) in
            var images: [WireImage] = []
            try reader.array { reader throws(PlainJSON.NotPlain) in images.append(try WireImage(plain: &reader)) }
            return images
        }
    }

    private init(plain reader: inout PlainJSON) throws(PlainJSON.NotPlain) {
        var id: WireDigest?
        var parent: WireDigest?
        var tags: [String]?
        var digests: [String]?
        var created: Int64?
        var size: Int64?
        var labels: [String: String]?
        var seen = SeenMembers()
        try reader.object { reader, name throws(PlainJSON.NotPlain) in
            switch name {
            case "Id":
                try seen.note(0)
                id = try WireDigest(plain: &reader)
            case "ParentId":
                try seen.note(1)
                parent = try reader.optional(WireDigest.init(plain:))
            case "RepoTags":
                try seen.note(2)
                tags = try reader.optional { reader throws(PlainJSON.NotPlain) in try reader.texts() }
            case "RepoDigests":
                try seen.note(3)
                digests = try reader.optional { reader throws(PlainJSON.NotPlain) in try reader.texts() }
            case "Created":
                try seen.note(4)
                created = try reader.integer()
            case "Size":
                try seen.note(5)
                size = try reader.optional { reader throws(PlainJSON.NotPlain) in try reader.integer() }
            case "Labels":
                try seen.note(6)
                labels = try reader.optional { reader throws(PlainJSON.NotPlain) in try reader.textByName() }
            default: try reader.skip()
            }
        }
        guard let id, let created else { throw PlainJSON.NotPlain() }
        self.init(id: id, parent: parent, tags: tags, digests: digests, created: created, size: size, labels: labels)
    }
}

extension WireDigest {
    /// Reads an ID, or an empty text for none.
    init(plain reader: inout PlainJSON) throws(PlainJSON.NotPlain) {
        let bytes = try reader.unescapedBytes()
        if bytes.isEmpty {
            self.init(digest: nil)
            return
        }
        guard let digest = Digest(utf8: bytes) ?? Digest(algorithm: .sha256, digits: bytes), digest.algorithm == .sha256 else {
            throw PlainJSON.NotPlain()
        }
        self.init(digest: digest)
    }
}
