import HookTesting
import Testing

struct JUnitSchemaTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test func validFileHasNoProblems() async throws {
        let file = try directory.write(
            #"<testsuites><testsuite name="a" tests="1" failures="0" errors="0"><testcase name="b" classname="c"/></testsuite></testsuites>"#,
            to: "a.xml"
        )
        #expect(try await JUnitSchema.problems(inFile: file) == [])
    }

    @Test func unknownElementIsAProblem() async throws {
        let file = try directory.write("<testsuites><surprise/></testsuites>", to: "a.xml")
        let problems = try await JUnitSchema.problems(inFile: file)
        #expect(
            problems.first
                == "\(file):1: element surprise: Schemas validity error : Element 'surprise': This element is not expected. Expected is ( testsuite )."
        )
        #expect(problems.last == "\(file) fails to validate")
    }

    @Test func fileThatIsNoXMLIsAProblem() async throws {
        let file = try directory.write("<testsuites>", to: "a.xml")
        #expect(
            try await JUnitSchema.problems(inFile: file) == [
                "\(file):1: parser error : Premature end of data in tag testsuites line 1", "<testsuites>", "            ^",
            ]
        )
    }
}
