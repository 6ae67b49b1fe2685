import Testing
import YAML

@Suite struct YAMLCoreSchemaTests {
    @Test(arguments: [
        ("", YAMLValue.null), ("~", .null), ("null", .null), ("Null", .null), ("NULL", .null), ("nULL", .text),
        ("true", .boolean(true)), ("True", .boolean(true)), ("TRUE", .boolean(true)), ("tRUE", .text),
        ("false", .boolean(false)), ("False", .boolean(false)), ("FALSE", .boolean(false)),
        ("yes", .text), ("Yes", .text), ("no", .text), ("on", .text), ("off", .text), ("y", .text), ("n", .text),
        ("0", .integer(0)), ("-0", .integer(0)), ("12", .integer(12)), ("+12", .integer(12)), ("-19", .integer(-19)),
        ("0777", .integer(777)), ("0o17", .integer(15)), ("0x1F", .integer(31)), ("0xff", .integer(255)),
        ("0o8", .text), ("0xg", .text), ("0o", .text), ("0x", .text), ("-0x1", .text), ("0x-1", .text), ("0x+1", .text), ("0b1", .text),
        ("1_000", .text), ("12:30:45", .text), ("1.2.3", .text), ("10m", .text), ("24h", .text), ("-", .text), ("+", .text), (".", .text),
        ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
        ("9223372036854775808", .float(9_223_372_036_854_775_808)), ("0x10000000000000000", .float(18_446_744_073_709_551_616)),
        ("1.5", .float(1.5)), ("-1.5", .float(-1.5)), ("+.5", .float(0.5)), ("1.", .float(1)), ("1e3", .float(1000)),
        ("1.e-1", .float(0.1)),
        ("12e03", .float(12000)), ("1e", .text), ("e3", .text), (".e3", .text), ("1e+", .text), ("1.5.1", .text),
        (".inf", .float(.infinity)), ("-.INF", .float(-.infinity)), ("+.Inf", .float(.infinity)), ("inf", .text), ("nan", .text),
        ("-.nan", .text),
        ("2001-12-14", .text), ("=", .text), ("0x1.8", .text), ("1e999", .float(.infinity)),
    ])
    func plainScalarResolvesByTheCoreSchema(text: String, value: YAMLValue) {
        #expect(YAMLValue(plain: text) == value)
    }

    @Test(arguments: [".nan", ".NaN", ".NAN"])
    func notANumberIsAFloat(text: String) throws {
        guard case .float(let value) = YAMLValue(plain: text) else {
            Issue.record("\(text) is not a float")
            return
        }
        #expect(value.isNaN)
    }

    @Test(arguments: [
        ("'true'", YAMLScalar.Style.singleQuoted), ("\"true\"", .doubleQuoted), ("|-\n  true", .literal), (">-\n  true", .folded),
    ])
    func anythingButAPlainScalarIsAText(written: String, style: YAMLScalar.Style) throws {
        let document = YAMLDocument(Array("a: \(written)\n".utf8))
        #expect(document.problems == [])
        let scalar = try document.scalar("a")
        #expect((scalar.text, scalar.style, scalar.value) == ("true", style, .text))
    }

    @Test(arguments: [
        ("!!str 3", YAMLValue.text), ("! 3", .text), ("!!int '3'", .integer(3)), ("!!float 3", .float(3)),
        ("!!bool 'true'", .boolean(true)),
        ("!!null ''", .null), ("!<tag:yaml.org,2002:int> 0x10", .integer(16)),
    ])
    func tagDecidesTheType(written: String, value: YAMLValue) throws {
        let document = YAMLDocument(Array("a: \(written)\n".utf8))
        #expect(document.problems == [])
        #expect(try document.scalar("a").value == value)
    }
}
