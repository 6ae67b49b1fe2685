/// Splits a file of several YAML documents, as those of Kubernetes often are.
///
/// Source: YAML 1.2.2, section 9.1.2: `---` or `...` at the beginning of a line, with white space or the line's end after it, ends a document even
/// inside of a scalar.
enum DocumentSplitter {
    /// The documents with the line that each begins on, from 1.
    static func documents(of bytes: [UInt8]) -> [(line: Int, bytes: [UInt8])] {
        var documents: [(line: Int, bytes: [UInt8])] = []
        var current: [UInt8] = []
        var first = 1
        var number = 0
        func finish() {
            if !current.allSatisfy({ $0 == 0x20 || $0 == 0x0a || $0 == 0x0d || $0 == 0x09 }) { documents.append((first, current)) }
        }
        for line in bytes.split(separator: 0x0a, omittingEmptySubsequences: false) {
            number += 1
            let marker = line.prefix(3)
            let isMarker = marker.count == 3 && (line.count == 3 || [0x20, 0x09, 0x0d].contains(line[line.startIndex + 3]))
            if isMarker, marker.elementsEqual("---".utf8) {
                finish()
                // What stands after it on the line belongs to the document.
                current = [0x20, 0x20, 0x20] + line.dropFirst(3) + [0x0a]
                first = number
            } else if isMarker, marker.elementsEqual("...".utf8) {
                finish()
                current = []
                first = number + 1
            } else if current.allSatisfy({ $0 == 0x20 || $0 == 0x0a }), line.first == 0x25 {
                // A directive before a document says nothing of images; its line stays, so that lines can be counted.
                current.append(0x0a)
            } else {
                current += line
                current.append(0x0a)
            }
        }
        finish()
        return documents
    }
}
