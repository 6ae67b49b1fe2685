import HookKit
package import Runner

/// Writes a run as JUnit XML, which GitLab, Jenkins and others show as test results.
///
/// A run is `testsuites`, a stage a `testsuite`, a finding a `testcase`. GitLab shows the text inside of a `failure` and not its attribute,
/// so that the message stands in both; Jenkins shows both, and the `system-out` of what passed. Whatever names and labels hold, the
/// document is valid against junit-10.xsd, and the names of a stage's cases are unique.
package struct JUnitReporter: Reporter {
    /// Makes a reporter.
    package init() {}

    /// Gives the whole document when the run has ended.
    package mutating func receive(_ event: RunEvent) -> [UInt8] {
        guard case .runFinished(let result) = event else { return [] }
        return Self.document(result).bytes
    }

    private static func document(_ result: RunResult) -> JUnitDocument {
        let suites = result.stages.map { suite($0, of: result.run) }
        var counts = CaseCounts()
        for suite in suites { counts.add(suite.testcase) }
        return JUnitDocument(
            name: .init(VisibleText.line(result.run.pipeline, limit: nameLimit)),
            time: .init(result.duration.secondsText),
            tests: .init("\(counts.tests)"),
            failures: .init("\(counts.failures)"),
            errors: .init("\(counts.errors)"),
            testsuite: suites
        )
    }

    private static func suite(_ result: StageResult, of run: RunDescription) -> JUnitDocument.Suite {
        var properties = [
            property("rule", result.stage.rule),
            property("dry-run", "\(result.stage.isDryRun)"),
            property("bytes-reclaimed", "\(result.reclaimed.bytes)"),
        ]
        if let plan = run.plan { properties.append(property("plan", plan.reportText)) }
        if let engine = result.engine { properties.append(property("engine", engine.reportText)) }
        let stage = VisibleText.line(result.stage.name, limit: nameLimit)
        let cases = cases(result, classname: VisibleText.line(run.pipeline, limit: nameLimit) + "." + stage)
        var counts = CaseCounts()
        counts.add(cases)
        return JUnitDocument.Suite(
            name: .init("\(result.stage.number) \(stage)"),
            tests: .init("\(counts.tests)"),
            failures: .init("\(counts.failures)"),
            errors: .init("\(counts.errors)"),
            skipped: .init("\(counts.skipped)"),
            time: .init(result.duration.secondsText),
            timestamp: .init(result.started.description),
            properties: JUnitDocument.Properties(property: properties),
            testcase: cases
        )
    }

    private static func property(_ name: String, _ value: String) -> JUnitDocument.Property {
        JUnitDocument.Property(name: .init(name), value: .init(VisibleText.line(value)))
    }

    /// The findings, and a case of the stage's own where they do not say how it ended; there is always one.
    private static func cases(_ result: StageResult, classname: String) -> [JUnitDocument.Case] {
        var names = UniqueNames()
        var own: JUnitDocument.Case?
        if result.ending != .completed || result.findings.isEmpty {
            // It takes its name first, so that it has the same one in every run.
            let name = names.claim(visibleName(result.stage.name))
            own = JUnitDocument.Case(classname: .init(classname), name: .init(name), time: .init(result.duration.secondsText))
        }
        switch result.ending {
        case .completed: break
        case .skipped(let reason): own?.skipped = problem(type: "skipped", message: reason)
        case .failed(let type, let message, _): own?.error = problem(type: type, message: message)
        case .interrupted:
            own?.error = problem(
                type: "interrupted",
                message: "the run was interrupted while this stage ran; its findings so far are listed"
            )
        }
        let found = names.names(of: result.findings.map { (visibleName($0.subject), VisibleText.line($0.type, limit: nameLimit)) })
        var cases: [JUnitDocument.Case] = []
        cases.reserveCapacity(found.count + 1)
        for (name, finding) in zip(found, result.findings) {
            cases.append(testCase(finding, classname: classname, name: name))
        }
        return own.map { cases + [$0] } ?? cases
    }

    private static func testCase(_ finding: Finding, classname: String, name: String) -> JUnitDocument.Case {
        var out = JUnitDocument.Case(classname: .init(classname), name: .init(name))
        let text = text(finding)
        let problem = problem(type: finding.type, message: finding.message, text: text)
        switch finding.outcome {
        case .passed: out.systemOut = .init(text)
        case .failed: out.failure = problem
        case .error: out.error = problem
        case .skipped: out.skipped = problem
        }
        return out
    }

    private static func problem(type: String, message: String, text: String? = nil) -> JUnitDocument.Problem {
        let type = VisibleText.line(type, limit: nameLimit)
        let text = text ?? VisibleText.lines(message).joined(separator: "\n")
        return JUnitDocument.Problem(
            type: .init(safeType(type)),
            message: .init(VisibleText.line(message)),
            // GitLab takes an element whose text is blank for a table of its attributes.
            text: .init(text.allSatisfy(\.isWhitespace) ? "(no message) " + type : text)
        )
    }

    /// The message, the details, the remedy and the bytes, a line each.
    private static func text(_ finding: Finding) -> String {
        var lines = VisibleText.lines(finding.message)
        var rest = detailLimit
        for (index, detail) in finding.details.enumerated() {
            guard rest > 0 else {
                lines.append("… \(finding.details.count - index) more details")
                break
            }
            let own = VisibleText.lines(detail, limit: rest)
            rest -= own.reduce(0) { $0 + $1.utf8.count + 1 }
            lines += own
        }
        if let remedy = finding.remedy {
            var own = VisibleText.lines(remedy)
            own[0] = "remedy: " + own[0]
            lines += own
        }
        if let bytes = finding.bytes { lines.append(bytes.bytes < 1000 ? "size: \(bytes)" : "size: \(bytes) (\(bytes.bytes) bytes)") }
        return lines.joined(separator: "\n")
    }

    private static func visibleName(_ subject: String) -> String {
        subject.isEmpty ? "(no subject)" : VisibleText.line(subject, limit: nameLimit)
    }

    /// The type, unless GitLab would read the element's text as a date, a number or a file because of it, and refuse the whole report.
    ///
    /// Source: `ActiveSupport::XmlMini::PARSING` of Rails, whose `Hash.from_xml` reads the report.
    private static func safeType(_ type: String) -> String { railsTypes.contains(type) ? "\(type)-finding" : type }

    private static let railsTypes: Set<String> = [
        "array", "base64Binary", "binary", "boolean", "date", "dateTime", "datetime", "decimal", "double", "duration", "file", "float",
        "hexBinary", "integer", "string", "symbol", "yaml",
    ]

    /// Names are this long at the most, in Unicode scalars; a reference with a registry, a tag and a digest fits.
    private static let nameLimit = 600
    /// Details are this long at the most in bytes, so that one finding cannot fill the 30 MB that GitLab takes.
    private static let detailLimit = 50_000

    private struct CaseCounts {
        var tests = 0
        var failures = 0
        var errors = 0
        var skipped = 0

        mutating func add(_ cases: [JUnitDocument.Case]) {
            for testCase in cases {
                tests += 1
                if testCase.failure != nil { failures += 1 }
                if testCase.error != nil { errors += 1 }
                if testCase.skipped != nil { skipped += 1 }
            }
        }
    }
}
