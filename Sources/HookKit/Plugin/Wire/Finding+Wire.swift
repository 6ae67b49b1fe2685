package import PluginWire

extension Finding {
    /// Reads a finding from the parameters of its message, and the run that it belongs to.
    ///
    /// - Complexity: one look at each member; findings come by the hundred thousand.
    package static func read(_ params: JSONValue) throws(WireMistake) -> (finding: Finding, run: Int) {
        guard case .object(let members) = params else { throw WireMistake("a finding is no object") }
        var run: Int?
        var (subject, outcome, type, message, remedy): (String?, Outcome?, String?, String?, String?)
        var details: [String] = []
        var bytes: ByteSize?
        var evidence: JSONValue?
        for member in members {
            switch (member.name, member.value) {
            case ("run", .integer(let own)): run = own
            case ("subject", .string(let own)): subject = own
            case ("outcome", .string(let own)):
                guard let known = Outcome(rawValue: own) else {
                    throw WireMistake("'\(own)' is no outcome of a finding; valid: passed, failed, skipped, error")
                }
                outcome = known
            case ("type", .string(let own)): type = own
            case ("message", .string(let own)): message = own
            case ("details", .string(let own)): details = own.split(separator: "\n").map(String.init)
            case ("details", .array): details = try [String](wire: member.value)
            case ("remedy", .string(let own)): remedy = own
            case ("bytes", .integer(let own)): bytes = ByteSize(bytes: Int64(own))
            case ("evidence", _): evidence = member.value == .null ? nil : member.value
            case ("details", .null), ("remedy", .null), ("bytes", .null): break
            case ("run", _), ("subject", _), ("outcome", _), ("type", _), ("message", _), ("details", _), ("remedy", _), ("bytes", _):
                throw WireMistake("'\(member.name)' of a finding is of the wrong type: \(member.value.text().prefix(60))")
            default:
                let hint = NearestName.hint(for: member.name, among: memberNames)
                throw WireMistake("a finding has no '\(member.name)'\(hint)")
            }
        }
        func missing(_ name: String) -> WireMistake { WireMistake("a finding has no '\(name)'") }
        guard let run else { throw missing("run") }
        guard let subject, !subject.isEmpty else { throw missing("subject") }
        guard let outcome else { throw missing("outcome") }
        guard let type, !type.isEmpty else { throw missing("type") }
        guard let message, !message.isEmpty else { throw missing("message") }
        let finding = Finding(
            subject: subject,
            outcome: outcome,
            type: type,
            message: message,
            details: details,
            remedy: remedy,
            bytes: bytes,
            evidence: evidence
        )
        return (finding, run)
    }

    private static let memberNames = ["run", "subject", "outcome", "type", "message", "details", "remedy", "bytes", "evidence"]

    /// The line of the finding's message, its end included.
    package func line(run: Int) -> [UInt8] {
        var line = JSONLine(capacity: 256)
        line.append(literal: #"{"jsonrpc":"2.0","method":"finding","params":{"run":"#)
        line.append(number: run)
        line.append(literal: #","subject":"#)
        line.append(quoted: subject)
        line.append(literal: #","outcome":""#)
        switch outcome {
        case .passed: line.append(literal: "passed")
        case .failed: line.append(literal: "failed")
        case .skipped: line.append(literal: "skipped")
        case .error: line.append(literal: "error")
        }
        line.append(literal: #"","type":"#)
        line.append(quoted: type)
        line.append(literal: #","message":"#)
        line.append(quoted: message)
        if !details.isEmpty {
            line.append(literal: #","details":"#)
            line.append(value: .array(details.map { .string($0) }))
        }
        if let remedy {
            line.append(literal: #","remedy":"#)
            line.append(quoted: remedy)
        }
        if let bytes {
            line.append(literal: #","bytes":"#)
            line.append(number: Int(bytes.bytes))
        }
        if let evidence {
            line.append(literal: #","evidence":"#)
            line.append(value: evidence)
        }
        line.append(literal: "}}")
        line.end()
        return line.bytes
    }
}
