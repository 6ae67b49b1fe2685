/// Drives a `TarScanner` with bytes that come in chunks of any size.
struct ScannerFeed {
    private(set) var scanner: TarScanner
    private var pending: [UInt8] = []
    private var toSkip: Int64 = 0

    init(_ scanner: TarScanner) { self.scanner = scanner }

    /// Takes the next bytes.
    mutating func give(_ chunk: UnsafeRawBufferPointer) throws(TarProblem) {
        var rest = chunk[...]
        while !rest.isEmpty {
            switch scanner.need {
            case .nothing: return
            case .skip(let length, _):
                if toSkip == 0 { toSkip = length }
                let count = min(toSkip, Int64(rest.count))
                toSkip -= count
                rest = rest.dropFirst(Int(count))
                if toSkip == 0 { scanner.skip() }
            case .bytes(let count):
                let part = rest.prefix(count - pending.count)
                pending += part
                rest = rest.dropFirst(part.count)
                if pending.count == count {
                    try scanner.give(pending[...])
                    pending.removeAll(keepingCapacity: count <= 65_536)
                }
            }
        }
    }

    /// Says that no more bytes come.
    func end() throws(TarProblem) {
        switch scanner.need {
        case .skip(let length, _) where toSkip > 0: try scanner.end(after: length - toSkip)
        default: try scanner.end(after: Int64(pending.count))
        }
    }
}
