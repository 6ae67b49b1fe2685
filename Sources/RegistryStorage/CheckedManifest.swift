import OCI

/// What a manifest names, as the checker reads it.
///
/// The marker reads manifests in another way, on purpose: this reader descends by recursion, looks only for the fields that it knows, and reads a
/// manifest of an unknown type once more for every digest in it.
struct CheckedManifest {
    /// A config or a layer.
    struct Part {
        var key: BlobKey?
        /// The size that the manifest says, where it says one.
        var size: Int64?
        /// Whether the digest is of an algorithm that is not checked.
        var isOfOtherAlgorithm = false
        /// Whether the manifest says where else the content is, so that the registry need not have it.
        var isElsewhere = false
    }

    struct Malformed: Error {}

    /// The config and the layers.
    private(set) var parts: [Part] = []
    /// The manifests of an index.
    private(set) var children: [BlobKey] = []
    /// Whether an index names a manifest by a digest of an algorithm that is not checked.
    private(set) var namesOtherAlgorithm = false
    /// Whether it has `fsLayers`, as Docker's first manifests have.
    private(set) var isSchema1 = false
    /// Every digest in a manifest of an unknown type.
    private(set) var everything: [BlobKey] = []
    /// Whether the type of the manifest is known.
    private(set) var isKnown = false

    /// Reads a manifest's text.
    init(_ bytes: UnsafeRawBufferPointer) throws(Malformed) {
        var reader = Reader(bytes: bytes)
        var type: [UInt8]?
        var isShaped = false
        let isObject = try reader.members { reader, name throws(Malformed) in
            switch name.count {
            case 9 where name.elementsEqual("mediaType".utf8): type = try reader.text().map(Array.init)
            case 6 where name.elementsEqual("config".utf8):
                isShaped = true
                if let part = try Self.part(&reader, "digest") { parts.append(part) }
            case 6 where name.elementsEqual("layers".utf8), 5 where name.elementsEqual("blobs".utf8):
                isShaped = true
                try reader.elements { reader throws(Malformed) in
                    if let part = try Self.part(&reader, "digest") { parts.append(part) }
                }
            case 8 where name.elementsEqual("fsLayers".utf8):
                (isShaped, isSchema1) = (true, true)
                try reader.elements { reader throws(Malformed) in
                    if let part = try Self.part(&reader, "blobSum") { parts.append(part) }
                }
            case 9 where name.elementsEqual("manifests".utf8):
                isShaped = true
                try reader.elements { reader throws(Malformed) in
                    guard let part = try Self.part(&reader, "digest") else { return }
                    if let key = part.key { children.append(key) }
                    if part.isOfOtherAlgorithm { namesOtherAlgorithm = true }
                }
            default: try reader.skip()
            }
        }
        try reader.end()
        guard isObject else { throw Malformed() }
        isKnown = !reader.isOdd && type.map { Self.isKnown($0) } ?? isShaped
        if isKnown { return }
        reader = Reader(bytes: bytes)
        reader.collects = true
        try reader.skip()
        everything = reader.digests
    }

    private static func isKnown(_ type: [UInt8]) -> Bool {
        let known = [
            MediaType.ociManifest, MediaType.ociIndex, MediaType.dockerManifest, MediaType.dockerManifestList, MediaType.dockerSchema1,
            MediaType.dockerSchema1Signed, MediaType.ociArtifact,
        ]
        return known.contains { $0.utf8.elementsEqual(type) }
    }

    /// Reads an object with a digest; `nil` for anything else.
    private static func part(_ reader: inout Reader, _ digestName: StaticString) throws(Malformed) -> Part? {
        var part = Part()
        let isObject = try reader.members { reader, name throws(Malformed) in
            if name.elementsEqual(UnsafeRawBufferPointer(start: digestName.utf8Start, count: digestName.utf8CodeUnitCount)) {
                guard let text = try reader.text() else { return }
                part.key = BlobKey(text: text)
                part.isOfOtherAlgorithm = part.key == nil && Digest(String(decoding: text, as: UTF8.self)) != nil
            } else if name.elementsEqual("size".utf8) {
                part.size = try reader.integer()
            } else if name.elementsEqual("urls".utf8) {
                var count = 0
                try reader.elements { reader throws(Malformed) in
                    count += 1
                    try reader.skip()
                }
                part.isElsewhere = count > 0
            } else {
                try reader.skip()
            }
        }
        return isObject ? part : nil
    }
}

extension CheckedManifest {
    /// A place in a JSON text.
    private struct Reader {
        let bytes: UnsafeRawBufferPointer
        var position = 0
        /// Whether every digest among the texts is noted.
        var collects = false
        var digests: [BlobKey] = []
        /// Whether a name or a text that matters is written with an escape, which no tool does: then every digest counts.
        private(set) var isOdd = false
        private var depth = 0

        init(bytes: UnsafeRawBufferPointer) {
            self.bytes = bytes
        }

        private mutating func peek() -> UInt8? {
            while position < bytes.count, bytes[position] <= 0x20 {
                guard [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) else { return nil }
                position += 1
            }
            return position < bytes.count ? bytes[position] : nil
        }

        private mutating func take(_ character: UInt8) -> Bool {
            guard peek() == character else { return false }
            position += 1
            return true
        }

        mutating func end() throws(Malformed) {
            if peek() != nil || position < bytes.count { throw Malformed() }
        }

        /// Calls the body at the value of every member of an object; a value of another kind is passed over.
        @discardableResult
        mutating func members(
            matter: Bool = true,
            _ body: (inout Reader, UnsafeRawBufferPointer) throws(Malformed) -> Void
        ) throws(Malformed) -> Bool {
            guard take(0x7b) else {
                try skip()
                return false
            }
            depth += 1
            guard depth < 512 else { throw Malformed() }
            if !take(0x7d) {
                repeat {
                    guard take(0x22) else { throw Malformed() }
                    let name = try string(matters: matter)
                    guard take(0x3a) else { throw Malformed() }
                    try body(&self, name)
                } while take(0x2c)
                guard take(0x7d) else { throw Malformed() }
            }
            depth -= 1
            return true
        }

        /// Calls the body at every element of a list; a value of another kind is passed over.
        mutating func elements(_ body: (inout Reader) throws(Malformed) -> Void) throws(Malformed) {
            guard take(0x5b) else { return try skip() }
            depth += 1
            guard depth < 512 else { throw Malformed() }
            if !take(0x5d) {
                repeat { try body(&self) } while take(0x2c)
                guard take(0x5d) else { throw Malformed() }
            }
            depth -= 1
        }

        /// Passes over a value.
        mutating func skip() throws(Malformed) {
            switch peek() {
            case 0x7b: try members(matter: false) { reader, _ throws(Malformed) in try reader.skip() }
            case 0x5b: try elements { reader throws(Malformed) in try reader.skip() }
            case 0x22:
                position += 1
                _ = try string(matters: false)
            default: _ = try literal()
            }
        }

        /// A text as it stands; `nil` for a value of another kind.
        mutating func text() throws(Malformed) -> UnsafeRawBufferPointer? {
            guard take(0x22) else {
                try skip()
                return nil
            }
            return try string(matters: true)
        }

        /// A whole number; `nil` for a value of another kind.
        mutating func integer() throws(Malformed) -> Int64? {
            switch peek() {
            case 0x7b, 0x5b, 0x22:
                try skip()
                return nil
            default: return Int64(String(decoding: try literal(), as: UTF8.self))
            }
        }

        private mutating func literal() throws(Malformed) -> UnsafeRawBufferPointer {
            guard peek() != nil else { throw Malformed() }
            let start = position
            while position < bytes.count, ![0x2c, 0x5d, 0x7d, 0x20, 0x0a, 0x0d, 0x09].contains(bytes[position]) { position += 1 }
            let word = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
            if let first = word.first, first == 0x2d || (0x30...0x39).contains(first) {
                guard Double(String(decoding: word, as: UTF8.self)) != nil else { throw Malformed() }
            } else {
                guard ["true", "false", "null"].contains(where: { word.elementsEqual($0.utf8) }) else { throw Malformed() }
            }
            return word
        }

        /// The rest of a text whose opening quote was taken, as it stands.
        private mutating func string(matters: Bool) throws(Malformed) -> UnsafeRawBufferPointer {
            let start = position
            while position < bytes.count, bytes[position] != 0x22, bytes[position] != 0x5c { position += 1 }
            guard position < bytes.count else { throw Malformed() }
            if bytes[position] == 0x5c {
                if matters { isOdd = true }
                let plain = try unescaped(from: start)
                if collects, let key = plain.withUnsafeBytes({ BlobKey(text: $0) }) { digests.append(key) }
            }
            let text = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
            position += 1
            if collects, let key = BlobKey(text: text) { digests.append(key) }
            return text
        }

        /// A text with its escapes replaced; stops at the closing quote.
        private mutating func unescaped(from start: Int) throws(Malformed) -> [UInt8] {
            var text = Array(bytes[start..<position])
            while position < bytes.count, bytes[position] != 0x22 {
                let byte = bytes[position]
                position += 1
                guard byte == 0x5c else {
                    text.append(byte)
                    continue
                }
                guard position < bytes.count else { throw Malformed() }
                let kind = bytes[position]
                position += 1
                switch Unicode.Scalar(kind) {
                case "n": text.append(0x0a)
                case "t": text.append(0x09)
                case "r": text.append(0x0d)
                case "b": text.append(0x08)
                case "f": text.append(0x0c)
                case "u":
                    guard position + 4 <= bytes.count,
                        let code = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
                    else { throw Malformed() }
                    position += 4
                    text += Array(String(Unicode.Scalar(code).map(Character.init) ?? "?").utf8)
                default: text.append(kind)
                }
            }
            guard position < bytes.count else { throw Malformed() }
            return text
        }
    }
}
