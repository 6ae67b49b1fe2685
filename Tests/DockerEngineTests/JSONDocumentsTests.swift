import Testing

@testable import DockerEngine

@Suite struct JSONDocumentsTests {
    private func documents(_ text: String, pieces: Int) throws -> [String] {
        var stream = JSONDocuments(largest: 1000)
        var found: [String] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            found += try stream.append(rest.prefix(pieces)).map { String(decoding: $0, as: UTF8.self) }
            rest = rest.dropFirst(pieces)
        }
        #expect(!stream.isInDocument)
        return found
    }

    @Test(arguments: [1, 2, 3, 7, 1000]) func documentsAreCutWhereverThePiecesEnd(_ pieces: Int) throws {
        let text = "{\"a\":{\"b\":\"}\\\"{\"}}{}\n\n{\"c\":[1,{}]}\r\n\u{1E}{\"d\":\"\\\\\"}\t[{}]"
        #expect(
            try documents(text, pieces: pieces) == ["{\"a\":{\"b\":\"}\\\"{\"}}", "{}", "{\"c\":[1,{}]}", "{\"d\":\"\\\\\"}", "[{}]"]
        )
    }

    @Test(arguments: ["x", "{}x", "<html>", "\"a\"", "1"]) func somethingElseIsNoDocument(_ text: String) {
        var stream = JSONDocuments(largest: 1000)
        #expect(throws: JSONDocuments.Failure.notJSON) { try stream.append(Array(text.utf8)) }
    }

    @Test func aDocumentWithoutAnEndIsGivenUp() {
        var stream = JSONDocuments(largest: 1000)
        #expect(throws: JSONDocuments.Failure.tooLarge) { try stream.append([UInt8(ascii: "{")] + [UInt8](repeating: 32, count: 1000)) }
    }

    @Test func halfADocumentIsKnownAsOne() throws {
        var stream = JSONDocuments(largest: 1000)
        #expect(try stream.append(Array("{}{\"a\"".utf8)).count == 1)
        #expect(stream.isInDocument)
    }
}
