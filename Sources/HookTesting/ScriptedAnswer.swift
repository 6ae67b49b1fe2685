/// What a `ScriptedServer` does when a request has come: bytes exactly as they are to be sent, and what follows them.
package struct ScriptedAnswer: Sendable {
    /// A part of an answer.
    package enum Step: Sendable {
        /// Sends bytes.
        case send([UInt8])
        /// Sends bytes as they come, until there are no more.
        case sendAll(AsyncStream<[UInt8]>)
        /// Sends the same bytes again and again, until the client goes.
        case sendForever([UInt8])
        /// Sends nothing more, until the client goes.
        case fallSilent
        /// Closes the connection.
        case close
    }

    /// What is done, in order; the connection stays open for the next request unless a step ends it.
    package let steps: [Step]

    /// Makes an answer of steps.
    package init(_ steps: [Step]) { self.steps = steps }

    /// A whole HTTP answer with a body of text; JSON unless the fields say something else.
    package static func whole(
        _ body: String,
        status: Int = 200,
        fields: [(String, String)] = [("Content-Type", "application/json")]
    ) -> ScriptedAnswer {
        whole(Array(body.utf8), status: status, fields: fields)
    }

    /// A whole HTTP answer with a body of bytes.
    package static func whole(_ body: [UInt8], status: Int = 200, fields: [(String, String)] = []) -> ScriptedAnswer {
        ScriptedAnswer([.send(head(status, fields + [("Content-Length", "\(body.count)")]) + body)])
    }

    /// An HTTP answer in chunks, one for each that comes, which ends when they do.
    package static func chunked(_ chunks: AsyncStream<[UInt8]>, status: Int = 200, fields: [(String, String)] = []) -> ScriptedAnswer {
        let (framed, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        Task {
            for await chunk in chunks { continuation.yield(Self.chunk(chunk)) }
            continuation.yield(Array("0\r\n\r\n".utf8))
            continuation.finish()
        }
        return ScriptedAnswer([.send(head(status, fields + [("Transfer-Encoding", "chunked")])), .sendAll(framed)])
    }

    /// An HTTP answer in chunks without an end: the same chunk again and again.
    package static func endless(_ chunk: [UInt8]) -> ScriptedAnswer {
        ScriptedAnswer([.send(head(200, [("Transfer-Encoding", "chunked")])), .sendForever(Self.chunk(chunk))])
    }

    /// No answer: the connection stays open, and nothing is said.
    package static let silence = ScriptedAnswer([.fallSilent])

    /// Nothing but the end of the connection.
    package static let hangUp = ScriptedAnswer([.close])

    /// Bytes that need not be HTTP, and the end of the connection.
    package static func bytes(_ bytes: [UInt8]) -> ScriptedAnswer { ScriptedAnswer([.send(bytes), .close]) }

    /// Text that need not be HTTP, and the end of the connection.
    package static func text(_ text: String) -> ScriptedAnswer { bytes(Array(text.utf8)) }

    /// The beginning of an HTTP answer, up to its body.
    package static func head(_ status: Int, _ fields: [(String, String)]) -> [UInt8] {
        var text = "HTTP/1.1 \(status) Scripted\r\n"
        for (name, value) in fields { text += "\(name): \(value)\r\n" }
        return Array((text + "\r\n").utf8)
    }

    private static func chunk(_ bytes: [UInt8]) -> [UInt8] {
        Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + Array("\r\n".utf8)
    }
}
