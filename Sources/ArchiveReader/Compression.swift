/// How a file is compressed, told from its first bytes as the engine tells it; what the file is called does not matter.
enum Compression: String, CaseIterable, Sendable {
    case gzip
    case bzip2
    case xz
    case zstd

    /// Tells the compression of a file that begins with these bytes; `nil` for none.
    init?(_ beginning: [UInt8]) {
        guard let found = Self.allCases.first(where: { beginning.starts(with: $0.magic) }) else { return nil }
        self = found
    }

    /// The first bytes.
    ///
    /// Source: RFC 1952, the manual of bzip2, the .xz File Format, RFC 8878.
    private var magic: [UInt8] {
        switch self {
        case .gzip: [0x1f, 0x8b]
        case .bzip2: Array("BZh".utf8)
        case .xz: [0xfd] + Array("7zXZ".utf8) + [0]
        case .zstd: [0x28, 0xb5, 0x2f, 0xfd]
        }
    }

    /// The program that undoes it, from standard input to standard output.
    var command: [String] { [rawValue, "-d", "-c"] }

    /// Says whether the program's exit code means that all was read: gzip ends with 2 for a warning, such as about what follows its data.
    func isSuccess(exitCode: Int) -> Bool { exitCode == 0 || (self == .gzip && exitCode == 2) }
}
