import HookKit
import Testing

@Suite struct ValueTests {
    @Test(
        arguments: [
            ("0B", 0), ("500MB", 500_000_000), ("1.5GiB", 1_610_612_736), ("1kB", 1000), ("1KiB", 1024), ("2 TB", 2_000_000_000_000),
            ("7", 7), ("0.5k", 500),
        ] as [(String, Int64)]
    )
    func aSizeIsRead(text: String, bytes: Int64) { #expect(ByteSize(text)?.bytes == bytes) }

    @Test(arguments: ["", "MB", "-1B", "1.B", ".5MB", "1,5MB", "1XB", "99999999999999999999B", "9999999999TB", "1 M B", "1e3B"])
    func whatIsNoSizeIsRefused(text: String) { #expect(ByteSize(text) == nil) }

    @Test(
        arguments: [
            (0, "0B"), (999, "999B"), (1000, "1kB"), (1563, "1.563kB"), (15_634, "15.63kB"), (156_349, "156.3kB"), (1_990_000, "1.99MB"),
            (80_000_000, "80MB"), (Int64.max, "9.223EB"),
        ] as [(Int64, String)]
    )
    func aSizeIsPrintedAsDockerPrintsIt(bytes: Int64, text: String) { #expect(ByteSize(bytes: bytes).description == text) }

    @Test(
        arguments: [
            ("2026-11-01T08:30:00Z", 1_793_521_800_000_000_000), ("2026-11-01T08:30:00.5Z", 1_793_521_800_500_000_000),
            ("2026-11-01T09:30:00.123456789+01:00", 1_793_521_800_123_456_789), ("1970-01-01T00:00:00Z", 0),
            ("1969-12-31T23:59:59Z", -1_000_000_000),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000_000_000),
        ] as [(String, Int64)]
    )
    func aTimeIsRead(text: String, nanoseconds: Int64) { #expect(Timestamp(rfc3339: text)?.nanoseconds == nanoseconds) }

    @Test(arguments: [
        "", "2026", "2026-13-01T00:00:00Z", "2026-11-01 08:30:00", "2026-11-01T08:30:00", "2026-11-01T08:30:00.Z", "0001-01-01T00:00:00Z",
        "2026-11-01T08:30:00Zx",
    ])
    func whatIsNoTimeIsRefused(text: String) { #expect(Timestamp(rfc3339: text) == nil) }

    @Test func aTimeIsPrintedAndReadBack() {
        for seconds in stride(from: Int64(-4_000_000_000), to: 8_000_000_000, by: 86_399 * 3457) {
            let time = Timestamp(seconds: seconds)
            #expect(Timestamp(rfc3339: time.description) == time)
        }
    }

    @Test(
        arguments: [("90s", 90), ("15m", 900), ("24h", 86_400), ("7d", 604_800), ("2w", 1_209_600), ("1h30m", 5400), ("0s", 0)]
            as [(String, Int64)]
    )
    func aDurationIsRead(text: String, seconds: Int64) { #expect(Duration(setting: text) == .seconds(seconds)) }

    @Test(arguments: ["", "1", "h", "1.5h", "-1h", "1y", "1h30", "1 h", "999999999999w"])
    func whatIsNoDurationIsRefused(text: String) { #expect(Duration(setting: text) == nil) }

    @Test func jsonIsEscaped() {
        let value: JSONValue = ["a\"b": ["\u{1}\n\\", 1, true, .null, .number(1.5)], "empty": [:]]
        #expect(value.text() == #"{"a\"b":["\u0001\n\\",1,true,null,1.5],"empty":{}}"#)
        #expect(
            value.text(indent: 2)
                == "{\n  \"a\\\"b\": [\n    \"\\u0001\\n\\\\\",\n    1,\n    true,\n    null,\n    1.5\n  ],\n  \"empty\": {}\n}"
        )
    }

    @Test(
        arguments: [
            ("localhost/data/set:v1", ["localhost/data/set:v1"]),
            ("data/set:v1", ["localhost/data/set:v1", "data/set:v1", "hub:5000/data/set:v1"]),
            ("set:v1", ["localhost/data/set:v1", "data/set:v1", "hub:5000/data/set:v1"]), ("data/set", ["data/set:latest"]),
            ("docker.io/data/set:v1", ["data/set:v1"]), ("et:v1", []), ("3d95e858055c", ["<none>"]), ("sha256:3d95", ["<none>"]), ("", []),
            ("data/set@sha256:\(String(repeating: "a", count: 64))", ["data/set@sha256:\(String(repeating: "a", count: 64))"]), ("A B", []),
        ] as [(String, [String])]
    )
    func whatATypedImageMayMean(text: String, expected: [String]) throws {
        let id = try #require(Digest(algorithm: .sha256, hex: "3d95e858055c" + String(repeating: "0", count: 52)))
        let names = [
            "localhost/data/set:v1", "data/set:v1", "hub:5000/data/set:v1", "data/set:latest", "data/set:v2", "other/aset:v1",
            "data/set@sha256:\(String(repeating: "a", count: 64))",
        ]
        let typed = TypedImage(text)
        #expect(try names.filter { typed.mayMean(try #require(ImageReference($0))) } + (typed.mayMean(id) ? ["<none>"] : []) == expected)
    }

    @Test(
        arguments: [
            ("older-then", "older-than"), ("imges", "images"), ("protcet", "protect"), ("xyz", nil), ("i", nil),
        ] as [(String, String?)]
    )
    func theNearestNameIsSuggested(name: String, expected: String?) {
        #expect(NearestName.suggestion(for: name, among: ["images", "older-than", "protect"]) == expected)
    }
}
