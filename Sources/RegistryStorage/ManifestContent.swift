/// What lies where a manifest should, compared with the digest that names it.
enum ManifestContent {
    /// Bytes of that digest, valid until the next reading.
    case sound(UnsafeRawBufferPointer)
    /// Bytes of another digest: what the manifest named is not known, however well they read.
    ///
    /// StorageInvariants.md, line H5.
    case damaged(UnsafeRawBufferPointer)
    /// More bytes than a manifest has; they are not compared.
    case tooLarge

    /// Reads the file at a path.
    init(of key: BlobKey, at path: EntryName, _ root: StorageRoot, _ scratch: WalkerScratch) throws(Errno) {
        guard let bytes = try scratch.readFile(root.calls, scratch.path.path(path), in: root.number) else {
            self = .tooLarge
            return
        }
        self = BlobHash.digest(of: bytes) == key ? .sound(bytes) : .damaged(bytes)
    }
}
