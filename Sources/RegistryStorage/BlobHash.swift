import Crypto

/// The SHA-256 of content that comes in any number of pieces.
package struct BlobHash {
    private var hash = SHA256()

    /// Begins with nothing.
    package init() {}

    /// The digest of a text of bytes.
    package static func digest(of bytes: [UInt8]) -> BlobKey {
        bytes.withUnsafeBytes { digest(of: $0) }
    }

    /// The digest of bytes in memory.
    static func digest(of bytes: UnsafeRawBufferPointer) -> BlobKey {
        var hash = BlobHash()
        hash.update(bytes)
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

extension BlobHash {
    /// Says whether a file looks like a manifest or a config, or is empty, and its content has another digest.
    ///
    /// A layer is not read to its end for this: it may be large, and it names nothing.
    static func isDamagedText(_ key: BlobKey, at path: EntryName, _ root: StorageRoot, _ scratch: WalkerScratch) throws(Errno) -> Bool {
        do throws(Errno) {
            let file = try root.calls.openFile(scratch.path.path(path), in: root.number)
            var hash = BlobHash()
            var bytes = try scratch.readPiece(root.calls, file)
            if let first = bytes.first, first != UInt8(ascii: "{") { return false }
            while !bytes.isEmpty {
                hash.update(bytes)
                bytes = try scratch.readPiece(root.calls, file)
            }
            return hash.finish() != key
        } catch  where error == .noSuchFile {
            return false
        }
    }

    /// Says whether the file at a path is there and its content has a digest.
    static func isSound(_ key: BlobKey, at path: EntryName, _ root: StorageRoot, _ scratch: WalkerScratch) throws(Errno) -> Bool {
        do throws(Errno) {
            let file = try root.calls.openFile(scratch.path.path(path), in: root.number)
            var hash = BlobHash()
            while true {
                let bytes = try scratch.readPiece(root.calls, file)
                if bytes.isEmpty { return hash.finish() == key }
                hash.update(bytes)
            }
        } catch  where error == .noSuchFile {
            return false
        }
    }
}
