import PluginWire
import Testing

@Suite struct WireMessageTests {
    private func read(_ text: String) throws(WireMistake) -> WireMessage {
        let result = Array(text.utf8).withUnsafeBytes { bytes in
            Result { () throws(WireMistake) in try WireMessage(line: bytes) }
        }
        return try result.get()
    }

    @Test(
        arguments: [
            (
                .request(id: 1, method: "initialize", params: ["protocol": 1]),
                #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocol":1}}"#
            ),
            (
                .notification(method: "cancel", params: ["run": 2]), #"{"jsonrpc":"2.0","method":"cancel","params":{"run":2}}"#
            ), (.result(id: 12, [:]), #"{"jsonrpc":"2.0","id":12,"result":{}}"#),
            (
                .failure(id: 3, WireFailure(code: -32000, message: "a \"b\"", data: ["type": "engine"])),
                #"{"jsonrpc":"2.0","id":3,"error":{"code":-32000,"message":"a \"b\"","data":{"type":"engine"}}}"#
            ),
            (
                .failure(id: nil, WireFailure(code: -32600, message: "m")),
                #"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"m"}}"#
            ),
        ] as [(WireMessage, String)]
    )
    func messageIsOneLineAndIsReadBack(message: WireMessage, line: String) throws {
        #expect(String(decoding: message.line, as: UTF8.self) == line + "\n")
        #expect(try read(line) == message)
    }

    @Test(
        arguments: [
            ("{", "it is no JSON: a member's name is missing, at byte 1"), ("1", "it is no object"),
            ("{}", #"it does not say "jsonrpc":"2.0""#), (#"{"jsonrpc":"2.0"}"#, "it is neither a request nor an answer"),
            (#"{"jsonrpc":"2.0","id":1}"#, "it is neither a request nor an answer"),
            (#"{"jsonrpc":"2.0","id":1,"result":1,"error":{}}"#, "it is neither a request nor an answer"),
            (#"{"jsonrpc":"2.0","result":1}"#, "it is an answer without an 'id'"),
            (#"{"jsonrpc":"2.0","id":1.5,"result":1}"#, "its 'id' is no whole number"),
            (#"{"jsonrpc":"2.0","id":1,"error":{}}"#, "its 'error' has no 'code' and 'message'"),
            (#"{"jsonrpc":"2.0","method":"m","params":[]}"#, "the 'params' of 'm' are no object"),
            (#"{"jsonrpc":"2.0","method":"m","parms":{}}"#, "a message has no member 'parms'"),
        ]
    )
    func whatIsNoMessageIsRefused(line: String, reason: String) { #expect(throws: WireMistake(reason)) { try read(line) } }
}
