import OCI

/// Finds what a manifest names, in one pass over its bytes and without building a tree.
///
/// Known media types are read by their fields: `config`, `layers`, `fsLayers`, `blobs`, `manifests`, `subject`. Of anything else every string
/// that is a digest counts. What the registry's own JSON reader would accept and this one does not is "not understood", never ignored: keys
/// match in any case, as in Go; a key with an escape or beyond ASCII makes every digest count.
struct ManifestScanner {
    /// The deepest nesting that is read.
    static let deepest = 512

    /// Whether the manifest could be read.
    enum Outcome: Equatable {
        /// The lists below are complete.
        case understood
        /// What the manifest names is not known.
        case notUnderstood(String)
    }

    /// The blobs that the manifest names: config, layers, and for an unknown media type every digest in it.
    private(set) var blobs: [BlobKey] = []
    /// The manifests that it names.
    private(set) var children: [BlobKey] = []
    /// The manifest that it belongs to.
    private(set) var subject: BlobKey?
    /// Whether it names a digest of an algorithm that is not collected.
    private(set) var namesOtherAlgorithm = false
    /// Whether its media type is unknown, so that every digest in it counts.
    private(set) var isUnknownType = false
    /// Whether it has `fsLayers`, as Docker's first manifests have.
    private(set) var isSchema1 = false
    /// Whether it is an index.
    private(set) var isIndex = false

    private enum Section { case blob, child, subject }

    private enum Role: Equatable {
        case ignored, root, mediaType
        case descriptor(Section)
        case descriptors(Section)
        case schema1Layers, schema1Layer
        case digest(Section)
    }

    private struct Level {
        let role: Role
        let isArray: Bool
        var hasDigest = false
    }

    private enum Expected { case firstKey, key, firstValue, value, after }

    private var everything: [BlobKey] = []
    private var levels: [Level] = []
    private var mediaType: String?
    private var mediaTypeCount = 0
    private var isOdd = false
    private var sawIndexFields = false
    private var sawImageFields = false

    private struct Failure: Error { let reason: String }

    /// Reads one manifest; what an earlier call found is forgotten.
    mutating func scan(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        blobs.removeAll(keepingCapacity: true)
        children.removeAll(keepingCapacity: true)
        everything.removeAll(keepingCapacity: true)
        levels.removeAll(keepingCapacity: true)
        (subject, mediaType, mediaTypeCount) = (nil, nil, 0)
        (namesOtherAlgorithm, isOdd, sawIndexFields, sawImageFields, isSchema1) = (false, false, false, false, false)
        do {
            try walk(bytes)
        } catch {
            return .notUnderstood(error.reason)
        }
        settleType()
        return .understood
    }

    private mutating func settleType() {
        isIndex = false
        isUnknownType = isOdd || mediaTypeCount > 1
        switch mediaType {
        case MediaType.ociManifest, MediaType.dockerManifest, MediaType.dockerSchema1, MediaType.dockerSchema1Signed, MediaType.ociArtifact:
            break
        case MediaType.ociIndex, MediaType.dockerManifestList: isIndex = true
        case nil where sawIndexFields && !sawImageFields: isIndex = true
        case nil where sawImageFields && !sawIndexFields: break
        default: isUnknownType = true
        }
        if isUnknownType { blobs = everything }
    }

    private mutating func walk(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
        var position = 0
        var expected = Expected.value
        var role = Role.root
        repeat {
            let byte = try Self.next(bytes, &position)
            switch expected {
            case .firstKey, .key:
                if byte == UInt8(ascii: "}"), expected == .firstKey {
                    position += 1
                    try leave(array: false)
                    expected = .after
                } else {
                    guard byte == UInt8(ascii: "\"") else { throw Failure(reason: "a key is missing at byte \(position)") }
                    let (key, escaped) = try Self.string(bytes, &position)
                    role = roleOfValue(bytes, key, escaped)
                    guard try Self.next(bytes, &position) == UInt8(ascii: ":") else {
                        throw Failure(reason: "a colon is missing at byte \(position)")
                    }
                    position += 1
                    expected = .value
                }
            case .firstValue where byte == UInt8(ascii: "]"):
                position += 1
                try leave(array: true)
                expected = .after
            case .firstValue, .value:
                expected = try value(bytes, &position, byte, role)
                if expected == .firstValue { role = Self.element(of: role) }
            case .after:
                position += 1
                switch (byte, levels[levels.count - 1].isArray) {
                case (UInt8(ascii: ","), true):
                    expected = .value
                    role = Self.element(of: levels[levels.count - 1].role)
                case (UInt8(ascii: ","), false): expected = .key
                case (UInt8(ascii: "]"), true), (UInt8(ascii: "}"), false): try leave(array: byte == UInt8(ascii: "]"))
                default: throw Failure(reason: "a comma is missing at byte \(position - 1)")
                }
            }
        } while !levels.isEmpty
        while position < bytes.count {
            guard Self.isSpace(bytes[position]) else { throw Failure(reason: "there is more after the end, at byte \(position)") }
            position += 1
        }
    }

    /// Reads the beginning of a value, or the whole of one that holds no others, and says what must follow.
    private mutating func value(
        _ bytes: UnsafeRawBufferPointer,
        _ position: inout Int,
        _ byte: UInt8,
        _ role: Role
    ) throws(Failure) -> Expected {
        switch byte {
        case UInt8(ascii: "{"):
            switch role {
            case .root, .descriptor, .schema1Layer, .ignored: break
            case .mediaType, .descriptors, .schema1Layers, .digest: throw Failure(reason: "an object at byte \(position) is not expected")
            }
            try enter(Level(role: role, isArray: false))
            position += 1
            return .firstKey
        case UInt8(ascii: "["):
            switch role {
            case .descriptors, .schema1Layers, .ignored: break
            case .root, .descriptor, .schema1Layer, .mediaType, .digest: throw Failure(reason: "a list at byte \(position) is not expected")
            }
            try enter(Level(role: role, isArray: true))
            position += 1
            return .firstValue
        case UInt8(ascii: "\""):
            let start = position
            let (text, escaped) = try Self.string(bytes, &position)
            try take(text: text, of: bytes, escaped: escaped, role: role, at: start)
            return .after
        default:
            let start = position
            while position < bytes.count, Self.isLiteral(bytes[position]) { position += 1 }
            let literal = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
            guard !literal.isEmpty, Self.isNumber(literal) || Self.isWord(literal) else {
                throw Failure(reason: "byte \(start) begins no value")
            }
            // The registry reads `null` as if the field were not there; as a manifest it is nothing.
            guard role == .ignored || (role != .root && literal[0] == UInt8(ascii: "n")) else {
                throw Failure(reason: "the value at byte \(start) is not expected")
            }
            return .after
        }
    }

    private mutating func enter(_ level: Level) throws(Failure) {
        guard levels.count < Self.deepest else { throw Failure(reason: "it is nested more than \(Self.deepest) levels deep") }
        levels.append(level)
    }

    private mutating func leave(array: Bool) throws(Failure) {
        let level = levels.removeLast()
        guard !array else { return }
        switch level.role {
        case .descriptor, .schema1Layer:
            guard level.hasDigest else { throw Failure(reason: "it names a part without a digest") }
        case .ignored, .root, .mediaType, .descriptors, .schema1Layers, .digest: break
        }
    }

    private static func element(of role: Role) -> Role {
        switch role {
        case .descriptors(let section): .descriptor(section)
        case .schema1Layers: .schema1Layer
        default: .ignored
        }
    }

    private mutating func roleOfValue(_ bytes: UnsafeRawBufferPointer, _ key: Range<Int>, _ escaped: Bool) -> Role {
        let text = UnsafeRawBufferPointer(rebasing: bytes[key])
        if let digest = BlobKey(text: text) { everything.append(digest) }
        let level = levels[levels.count - 1]
        if level.role == .ignored { return .ignored }
        if escaped || text.contains(where: { $0 >= 0x80 }) {
            isOdd = true
            return .ignored
        }
        switch level.role {
        case .root:
            switch text.count {
            case 6 where Self.equal(text, "config"):
                sawImageFields = true
                return .descriptor(.blob)
            case 6 where Self.equal(text, "layers"):
                sawImageFields = true
                return .descriptors(.blob)
            case 5 where Self.equal(text, "blobs"):
                sawImageFields = true
                return .descriptors(.blob)
            case 8 where Self.equal(text, "fslayers"):
                (sawImageFields, isSchema1) = (true, true)
                return .schema1Layers
            case 9 where Self.equal(text, "manifests"):
                sawIndexFields = true
                return .descriptors(.child)
            case 7 where Self.equal(text, "subject"): return .descriptor(.subject)
            case 9 where Self.equal(text, "mediatype"): return .mediaType
            default: return .ignored
            }
        case .descriptor(let section):
            return text.count == 6 && Self.equal(text, "digest") ? .digest(section) : .ignored
        case .schema1Layer:
            return text.count == 7 && Self.equal(text, "blobsum") ? .digest(.blob) : .ignored
        case .ignored, .mediaType, .descriptors, .schema1Layers, .digest:
            return .ignored
        }
    }

    private mutating func take(
        text range: Range<Int>,
        of bytes: UnsafeRawBufferPointer,
        escaped: Bool,
        role: Role,
        at start: Int
    ) throws(Failure) {
        if escaped, role != .ignored || range.count >= BlobKey.textCount {
            guard let plain = Self.unescaped(bytes[range]) else { throw Failure(reason: "the text at byte \(start) has a broken escape") }
            let result = plain.withUnsafeBytes { bytes in
                Result { () throws(Failure) in try take(plain: bytes, role: role, at: start) }
            }
            return try result.get()
        }
        try take(plain: UnsafeRawBufferPointer(rebasing: bytes[range]), role: role, at: start)
    }

    private mutating func take(plain text: UnsafeRawBufferPointer, role: Role, at start: Int) throws(Failure) {
        switch role {
        case .ignored:
            if text.count == BlobKey.textCount {
                if let key = BlobKey(text: text) { everything.append(key) }
            } else if Self.isOtherDigest(text) {
                // Counts only where the type turns out to be unknown, but costs no more than a repository that is kept whole.
                namesOtherAlgorithm = true
            }
        case .digest(let section):
            levels[levels.count - 1].hasDigest = true
            guard let key = BlobKey(text: text) else {
                guard Self.isOtherDigest(text) else { throw Failure(reason: "the text at byte \(start) is no digest") }
                namesOtherAlgorithm = true
                return
            }
            everything.append(key)
            switch section {
            case .blob: blobs.append(key)
            case .child: children.append(key)
            case .subject: subject = key
            }
        case .mediaType:
            mediaType = String(decoding: text, as: UTF8.self)
            mediaTypeCount += 1
        case .root, .descriptor, .descriptors, .schema1Layers, .schema1Layer:
            throw Failure(reason: "the text at byte \(start) is not expected")
        }
    }
}

extension ManifestScanner {
    /// The next byte that is no white space.
    @inline(__always)
    private static func next(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) throws(Failure) -> UInt8 {
        while position < bytes.count {
            let byte = bytes[position]
            if !isSpace(byte) { return byte }
            position += 1
        }
        throw Failure(reason: bytes.isEmpty ? "it is empty" : "it ends too early")
    }

    @inline(__always)
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 }

    private static func isLiteral(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x61...0x7a, 0x45, 0x2b, 0x2d, 0x2e: true
        default: false
        }
    }

    private static func isWord(_ text: UnsafeRawBufferPointer) -> Bool {
        equal(text, "true") || equal(text, "false") || equal(text, "null")
    }

    /// Digits with a sign, a fraction or an exponent; the finer rules matter to nobody here.
    private static func isNumber(_ text: UnsafeRawBufferPointer) -> Bool {
        guard let last = text.last, (0x30...0x39).contains(last), text[0] == 0x2d || (0x30...0x39).contains(text[0]) else { return false }
        return text.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x65 || $0 == 0x45 || $0 == 0x2b || $0 == 0x2d || $0 == 0x2e }
    }

    /// Compares without regard to the case of ASCII letters; the word is in lower case.
    @inline(__always)
    private static func equal(_ text: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
        guard text.count == word.utf8CodeUnitCount else { return false }
        let start = word.utf8Start
        for index in 0..<text.count where text[index] | 0x20 != start[index] { return false }
        return true
    }

    /// The bytes between the quotes, and whether a backslash is among them.
    @inline(__always)
    private static func string(
        _ bytes: UnsafeRawBufferPointer,
        _ position: inout Int
    ) throws(Failure) -> (range: Range<Int>, escaped: Bool) {
        let start = position + 1
        var index = start
        var escaped = false
        while index < bytes.count {
            if index + 8 <= bytes.count {
                let plain = plainBytes(bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                index += plain
                if plain == 8 { continue }
            }
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") {
                position = index + 1
                return (start..<index, escaped)
            }
            if byte == UInt8(ascii: "\\") {
                escaped = true
                index += 1
            } else if byte < 0x20 {
                throw Failure(reason: "a control character stands in a text at byte \(index)")
            }
            index += 1
        }
        throw Failure(reason: "it ends too early")
    }

    /// How many of eight bytes stand before the first quote, backslash or control character.
    @inline(__always)
    private static func plainBytes(_ bytes: UInt64) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let word = UInt64(littleEndian: bytes)
        let (quote, backslash) = (word ^ (ones &* 0x22), word ^ (ones &* 0x5c))
        // A byte's highest bit tells that it was zero, or below a space. A borrow spoils only bytes after the first that was.
        let found = ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash) | ((word &- ones &* 0x20) & ~word)
        return (found & (ones &* 0x80)).trailingZeroBitCount / 8
    }

    /// `sha512:` with its digits.
    private static func isOtherDigest(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count == 135 else { return false }
        return Digest(String(decoding: text, as: UTF8.self)) != nil
    }

    /// The text with its escapes replaced; surrogates, which no digest has, become question marks.
    private static func unescaped(_ bytes: Slice<UnsafeRawBufferPointer>) -> [UInt8]? {
        var result: [UInt8] = []
        var index = bytes.startIndex
        while index < bytes.endIndex {
            guard bytes[index] == UInt8(ascii: "\\") else {
                result.append(bytes[index])
                index += 1
                continue
            }
            guard index + 1 < bytes.endIndex else { return nil }
            let kind = bytes[index + 1]
            index += 2
            switch kind {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(kind)
            case UInt8(ascii: "b"): result.append(8)
            case UInt8(ascii: "f"): result.append(12)
            case UInt8(ascii: "n"): result.append(10)
            case UInt8(ascii: "r"): result.append(13)
            case UInt8(ascii: "t"): result.append(9)
            case UInt8(ascii: "u"):
                guard index + 4 <= bytes.endIndex,
                    let value = UInt32(String(decoding: bytes[index..<index + 4], as: UTF8.self), radix: 16)
                else { return nil }
                index += 4
                if let scalar = Unicode.Scalar(value) {
                    result.append(contentsOf: Array(String(Character(scalar)).utf8))
                } else {
                    result.append(UInt8(ascii: "?"))
                }
            default: return nil
            }
        }
        return result
    }
}
