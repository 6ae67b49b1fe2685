import Crypto

/// The SHA-256 of content that comes in any number of pieces.
package struct BlobHash {
    private var hash = SHA256()

    /// Begins with nothing.
    package init() {}

    /// The digest of a text of bytes.
    package static func digest(of bytes: [UInt8]) -> BlobKey {
        var hash = BlobHash()
        bytes.withUnsafeBytes { hash.update($0) }
        return hash.finish()
    }

    /// Adds bytes.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        hash.update(bufferPointer: bytes)
    }

    /// The digest of all that was added.
    package func finish() -> BlobKey {
        hash.finalize().withUnsafeBytes { bytes in
            func word(_ index: Int) -> UInt64 { bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self).bigEndian }
            return BlobKey(words: (word(0), word(1), word(2), word(3)))
        }
    }
}
