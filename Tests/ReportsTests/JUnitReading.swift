import Foundation

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// A JUnit document, read by a parser that is not the writer's.
final class JUnitReading: NSObject, XMLParserDelegate {
    /// An element with its text and its children.
    final class Element {
        let name: String
        let attributes: [String: String]
        var text = ""
        var children: [Element] = []

        init(name: String, attributes: [String: String]) {
            self.name = name
            self.attributes = attributes
        }

        func children(_ name: String) -> [Element] { children.filter { $0.name == name } }
        func first(_ name: String) -> Element? { children.first { $0.name == name } }
    }

    private let top = Element(name: "", attributes: [:])
    private var open: [Element] = []

    /// The root of a document; `nil` where it is not well-formed.
    static func root(_ bytes: [UInt8]) -> Element? {
        let reading = JUnitReading()
        reading.open = [reading.top]
        let parser = XMLParser(data: Data(bytes))
        parser.delegate = reading
        return parser.parse() ? reading.top.children.first : nil
    }

    func parser(
        _ parser: XMLParser,
        didStartElement name: String,
        namespaceURI: String?,
        qualifiedName: String?,
        attributes: [String: String]
    ) {
        let element = Element(name: name, attributes: attributes)
        open.last?.children.append(element)
        open.append(element)
    }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) { open.removeLast() }

    func parser(_ parser: XMLParser, foundCharacters text: String) { open.last?.text += text }
}
