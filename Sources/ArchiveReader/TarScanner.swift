/// Goes through a tar archive and keeps the few small files that say what it holds.
///
/// It decides and does no input: whoever drives it gives or skips the bytes that `need` asks for. Nothing is unpacked.
struct TarScanner {
    /// What the scanner needs next.
    enum Need: Hashable {
        /// This many bytes, all of them.
        case bytes(Int)
        /// To have this many bytes passed over; the last `padding` of them only fill a block.
        case skip(Int64, padding: Int64)
        /// Nothing more; what follows the archive's end does not matter.
        case nothing
    }

    /// A member of the archive that was asked for.
    enum Member: Hashable {
        /// A file with its content.
        case file([UInt8])
        /// Something else with that name.
        case other
    }

    /// The longest member that is kept.
    static let longestMember = 64 << 20
    /// The longest name or record; the system's own limit for a path is 4 KiB.
    private static let longestRecord = 1 << 20

    private enum State {
        case header
        case zeroBlock
        case content(Content, length: Int)
        case skipped
    }

    private enum Content {
        case longName
        case records
        case member(String)
    }

    private let wanted: Set<String>
    private var state = State.header
    private var offset: Int64 = 0
    private var nextName: [UInt8]?
    private var nextSize: Int64?

    /// What is needed next.
    private(set) var need = Need.bytes(TarHeader.blockLength)
    /// The members that were asked for and are there; of several with one name the last, as unpacking would leave it.
    private(set) var members: [String: Member] = [:]

    /// Makes a scanner that keeps the members with these names.
    init(wanted: Set<String>) { self.wanted = wanted }

    /// Takes the bytes that were needed.
    mutating func give(_ bytes: ArraySlice<UInt8>) throws(TarProblem) {
        guard need == .bytes(bytes.count) else { preconditionFailure("a scanner is given what it needs") }
        let start = offset
        offset += Int64(bytes.count)
        switch state {
        case .header, .zeroBlock: try take(header: bytes, at: start)
        case .content(let content, let length): try take(bytes.prefix(length), as: content, at: start)
        case .skipped: preconditionFailure("a scanner that skips takes no bytes")
        }
    }

    /// Goes on behind the bytes that were to be passed over.
    mutating func skip() {
        guard case .skip(let length, _) = need else { preconditionFailure("a scanner passes over what it asked for") }
        offset += length
        expectHeader()
    }

    /// Says that the input ended while something was needed, of which this many bytes were there.
    func end(after available: Int64) throws(TarProblem) {
        switch need {
        case .nothing: return
        // Some programs write no end; what came until then is whole.
        case .bytes(_) where available == 0 && !isInside && offset > 0: return
        case .skip(let length, let padding) where available >= length - padding: return
        default: throw offset == 0 ? .notAnArchive : .truncated(at: offset + available)
        }
    }

    /// Says whether the end that every whole archive has was seen.
    var hasEnd: Bool { need == .nothing }

    private var isInside: Bool {
        if case .content = state { return true }
        return nextName != nil || nextSize != nil
    }

    private mutating func expectHeader() {
        state = .header
        need = .bytes(TarHeader.blockLength)
    }

    private mutating func take(header block: ArraySlice<UInt8>, at start: Int64) throws(TarProblem) {
        if TarHeader.isZero(block) {
            if case .zeroBlock = state {
                need = .nothing
            } else {
                state = .zeroBlock
            }
            return
        }
        guard let header = TarHeader(block) else { throw start == 0 ? .notAnArchive : .damaged(at: start) }
        // Only the end begins with zeros.
        if case .zeroBlock = state { throw .damaged(at: start) }
        switch header.kind {
        case .longName, .records:
            guard header.size <= Self.longestRecord else { throw .damaged(at: start) }
            try expect(header.kind == .longName ? .longName : .records, size: header.size)
        case .annotation: pass(over: header.size)
        case .file, .other: try take(header: header)
        }
    }

    private mutating func take(header: TarHeader) throws(TarProblem) {
        let size = nextSize ?? header.size
        let name = Self.plainName(nextName ?? header.name)
        nextName = nil
        nextSize = nil
        guard let name, wanted.contains(name) else { return pass(over: size) }
        guard header.kind == .file else {
            members[name] = .other
            return pass(over: size)
        }
        guard size <= Self.longestMember else { throw .tooLong(name) }
        try expect(.member(name), size: size)
    }

    private mutating func take(_ bytes: ArraySlice<UInt8>, as content: Content, at start: Int64) throws(TarProblem) {
        switch content {
        case .longName: nextName = Array(bytes.prefix { $0 != 0 })
        case .records:
            guard let records = Self.records(bytes) else { throw .damaged(at: start) }
            if let path = records["path"] { nextName = path }
            if let size = records["size"] {
                guard let number = Int64(String(decoding: size, as: UTF8.self)), (0..<1 << 60).contains(number) else {
                    throw .damaged(at: start)
                }
                nextSize = number
            }
        case .member(let name): members[name] = .file(Array(bytes))
        }
        expectHeader()
    }

    private mutating func expect(_ content: Content, size: Int64) throws(TarProblem) {
        guard size > 0 else { return try take([], as: content, at: offset) }
        state = .content(content, length: Int(size))
        need = .bytes(Int(size + Self.padding(size)))
    }

    private mutating func pass(over size: Int64) {
        guard size > 0 else { return expectHeader() }
        state = .skipped
        need = .skip(size + Self.padding(size), padding: Self.padding(size))
    }

    private static func padding(_ size: Int64) -> Int64 {
        let length = Int64(TarHeader.blockLength)
        return (length - size % length) % length
    }

    /// The name without `.` components; `nil` where it leads upwards or is no UTF-8.
    private static func plainName(_ name: [UInt8]) -> String? {
        guard let text = String(validating: name, as: UTF8.self) else { return nil }
        let components = text.split(separator: "/").filter { $0 != "." }
        return components.contains("..") ? nil : components.joined(separator: "/")
    }

    /// The records of a pax header, each `<length> <key>=<value>` and a line feed; `nil` where they are not.
    private static func records(_ content: ArraySlice<UInt8>) -> [String: [UInt8]]? {
        var records: [String: [UInt8]] = [:]
        var rest = content
        while !rest.isEmpty {
            guard let space = rest.firstIndex(of: UInt8(ascii: " ")), let length = Int(String(decoding: rest[..<space], as: UTF8.self)),
                length > space - rest.startIndex + 1, length <= rest.count
            else { return nil }
            let record = rest[rest.index(after: space)..<rest.startIndex + length]
            guard record.last == UInt8(ascii: "\n"), let sign = record.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            records[String(decoding: record[..<sign], as: UTF8.self)] = Array(record[record.index(after: sign)...].dropLast())
            rest = rest[(rest.startIndex + length)...]
        }
        return records
    }
}
