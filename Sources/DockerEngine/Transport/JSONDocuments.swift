/// Cuts a stream of bytes into the JSON documents that follow each other in it.
///
/// Engines put a line break after each document, or not, or a record separator before it (RFC 7464); only objects and arrays are expected.
struct JSONDocuments {
    /// Why a stream is none of documents.
    enum Failure: Error, Hashable {
        /// Something else than an object or an array stands where one should begin.
        case notJSON
        /// A document is larger than allowed.
        case tooLarge
    }

    private var buffer: [UInt8] = []
    private var scanned = 0
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    private let largest: Int

    /// Begins a stream whose documents are at most `largest` bytes each.
    init(largest: Int) { self.largest = largest }

    /// Says whether a document has begun and not ended.
    var isInDocument: Bool { depth > 0 }

    /// Takes the next bytes of the stream; the documents that are whole now.
    mutating func append(_ bytes: some Sequence<UInt8>) throws(Failure) -> [[UInt8]] {
        buffer += bytes
        var documents: [[UInt8]] = []
        var start = 0
        while scanned < buffer.count {
            let byte = buffer[scanned]
            scanned += 1
            if depth == 0 {
                switch byte {
                case UInt8(ascii: "{"), UInt8(ascii: "["):
                    start = scanned - 1
                    depth = 1
                case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"), 0x1E: start = scanned
                default: throw .notJSON
                }
                continue
            }
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 {
                    documents.append(Array(buffer[start..<scanned]))
                    start = scanned
                }
            default: break
            }
        }
        buffer.removeFirst(start)
        scanned -= start
        guard buffer.count <= largest else { throw .tooLarge }
        return documents
    }
}
