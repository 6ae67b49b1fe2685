import PluginWire
import Testing

@Suite struct JSONReadingTests {
    @Test(
        arguments: [
            ("null", .null), (" true ", true), ("false", false), ("0", 0), ("-7", -7), ("9223372036854775807", .integer(.max)),
            ("-9223372036854775808", .integer(.min)), ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("1.5", .number(1.5)),
            ("-0", 0), ("1e3", .number(1000)), ("2E-2", .number(0.02)), (#""""#, ""), (#""a\"\\\/\b\f\n\r\tz""#, "a\"\\/\u{8}\u{c}\n\r\tz"),
            (#""\u00e9\u0041\ud83d\ude00""#, "éA😀"), (#""\ud83d""#, "\u{fffd}"), (#""\ud83dx""#, "\u{fffd}x"),
            (#""\ud83d\u0041""#, "\u{fffd}A"), (#""\ude00""#, "\u{fffd}"), ("[]", []), ("[1,[2, 3]]", [1, [2, 3]]), ("{}", [:]),
            (#"{"b":1,"a":{"c":[]}}"#, ["b": 1, "a": ["c": []]]), ("\"é\"", "é"),
        ] as [(String, JSONValue)]
    )
    func documentIsRead(text: String, value: JSONValue) throws { #expect(try JSONValue(reading: text) == value) }

    @Test(
        arguments: [
            ("", "a value is missing, at byte 0"), ("nul", "this is no value, at byte 0"), ("01", "a number begins with 0, at byte 2"),
            ("-", "a number has no digits, at byte 1"), ("1.", "a number has no digits, at byte 2"),
            ("1e", "a number has no digits, at byte 2"),
            ("1e999", "the number 1e999 is too large, at byte 5"), ("\"a", "a text has no end, at byte 2"),
            ("\"a\nb\"", "a control character stands in a text, at byte 2"), (#""\x""#, "'\\x' is no escape, at byte 3"),
            (#""\u12""#, "'\\u' wants four hexadecimal digits, at byte 3"), ("[1 2]", "a ',' or ']' is missing, at byte 3"),
            ("[1,]", "this is no value, at byte 3"), (#"{"a" 1}"#, "a ':' is missing, at byte 5"),
            (#"{"a":1 "b":2}"#, "a ',' or '}' is missing, at byte 7"), ("{1:2}", "a member's name is missing, at byte 1"),
            ("1 2", "there is more after the value, at byte 2"), ("NaN", "this is no value, at byte 0"),
        ]
    )
    func whatIsNoDocumentIsRefused(text: String, message: String) {
        let error = #expect(throws: JSONMistake.self) { try JSONValue(reading: text) }
        #expect(error?.description == message)
    }

    @Test func depthIsBounded() {
        let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
        #expect(throws: Never.self) { try JSONValue(reading: deep) }
        let deeper = String(repeating: "[", count: 100_000)
        let error = #expect(throws: JSONMistake.self) { try JSONValue(reading: deeper) }
        #expect(error?.description == "values lie more than 128 deep in one another, at byte 129")
    }

    @Test func bytesThatAreNoUTF8AreReplaced() throws {
        let bytes: [UInt8] = [0x22, 0x61, 0xff, 0x62, 0x22]
        #expect(try bytes.withUnsafeBytes { try JSONValue(reading: $0) } == "a\u{fffd}b")
    }

    /// Cut at every place and with every byte changed, a document is read or refused, and never ends the process.
    @Test func damagedDocumentIsReadOrRefused() throws {
        let text = #"{"jsonrpc":"2.0","id":12,"method":"a\u0041\n","params":{"x":[1,-2.5e3,true,null,"é😀"]}}"#
        let bytes = Array(text.utf8)
        var refused = 0
        for index in bytes.indices {
            if (try? Array(bytes[..<index]).withUnsafeBytes { try JSONValue(reading: $0) }) == nil { refused += 1 }
            for byte in UInt8.min...UInt8.max {
                var damaged = bytes
                damaged[index] = byte
                if let value = try? damaged.withUnsafeBytes({ try JSONValue(reading: $0) }) {
                    #expect(try JSONValue(reading: value.text()) == value)
                }
            }
        }
        #expect(refused == bytes.count)
    }
}
