/// The bytes of a file's name or of a relative path, as the file system has them.
///
/// A name need not be UTF-8. What is printed is a text in which everything unusual is escaped, so that no name can forge a line of a report.
package struct EntryName: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The bytes, without a zero byte at the end.
    package let bytes: [UInt8]

    /// Takes the bytes of a name.
    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Takes a text.
    package init(_ text: String) {
        bytes = Array(text.utf8)
    }

    init(_ entry: DirectoryEntry) {
        bytes = Array(entry.bytes)
    }

    /// The name as it is printed: control characters, backslashes and what is not UTF-8 as `\x<2 hex>`.
    package var description: String {
        if isPlain { return String(decoding: bytes, as: UTF8.self) }
        if let text = String(validating: bytes, as: UTF8.self),
            text.unicodeScalars.allSatisfy({ scalar in
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: false
                default: scalar != "\\"
                }
            })
        {
            return text
        }
        let digits = Array("0123456789abcdef".utf8)
        var escaped: [UInt8] = []
        for byte in bytes {
            if byte >= 0x20, byte < 0x7f, byte != 0x5c {
                escaped.append(byte)
            } else {
                escaped += [0x5c, 0x78, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }

    /// Whether the name is printed as it is.
    var isPlain: Bool { bytes.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x5c } }

    /// The path of an entry of this directory.
    package func appending(_ name: EntryName) -> EntryName {
        if bytes.isEmpty { return name }
        var path: [UInt8] = []
        path.reserveCapacity(bytes.count + 1 + name.bytes.count)
        path += bytes
        path.append(0x2f)
        path += name.bytes
        return EntryName(bytes: path)
    }

    /// The directory that this path lies in; empty at the top.
    package var parent: EntryName {
        guard let slash = bytes.lastIndex(of: 0x2f) else { return EntryName(bytes: []) }
        return EntryName(bytes: Array(bytes[..<slash]))
    }

    /// The name without the directory that it lies in.
    var lastComponent: EntryName {
        guard let slash = bytes.lastIndex(of: 0x2f) else { return self }
        return EntryName(bytes: Array(bytes[(slash + 1)...]))
    }

    /// Says whether this path lies in a directory, at any depth.
    func isBeneath(_ directory: EntryName) -> Bool {
        bytes.count > directory.bytes.count && bytes[directory.bytes.count] == 0x2f && bytes.starts(with: directory.bytes)
    }

    /// Says whether this can be the name of a repository as a registry takes it: lower-case letters, digits and `._-/`.
    var isRepositoryName: Bool {
        !bytes.isEmpty
            && bytes.allSatisfy {
                (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2e || $0 == 0x5f || $0 == 0x2d || $0 == 0x2f
            }
    }

    /// Orders byte by byte.
    package static func < (left: EntryName, right: EntryName) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}
