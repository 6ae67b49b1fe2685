import HookKit

/// Takes out of a plan what must not stand in a file: values that came into the pipeline from outside, among which secrets may be.
package struct PlanSeal: Sendable {
    /// Values that are shorter are no secrets, and occur everywhere.
    private static let shortestSecret = 4

    private let hidden: [(value: [UInt8], name: String)]
    /// What every digest of a plan begins with, so that a short secret cannot be looked up in a list of digests.
    let salt: String
    private let digest: @Sendable ([UInt8]) -> String

    /// Hides values by name; `digest` gives a digest of bytes, such as SHA-256.
    ///
    /// The salt stands in the plan, so that whoever has the plan and a guess can still try the guess: a plan is for its owner's eyes.
    package init(hiding values: [String: String], salt: String, digest: @escaping @Sendable ([UInt8]) -> String) {
        self.salt = salt
        self.digest = digest
        // The longest first: one value may begin with another.
        hidden = values.map { (Array($0.value.utf8), $0.key) }
            .filter { $0.0.count >= Self.shortestSecret }
            .sorted { ($1.0.count, $0.1) < ($0.0.count, $1.1) }
    }

    /// A salt for a new plan: 32 random hexadecimal digits.
    package static func newSalt() -> String {
        let digits = Array("0123456789abcdef")
        return String((0..<32).map { _ in digits[Int.random(in: 0..<16)] })
    }

    /// A digest of a text, with the salt.
    func digest(of text: String) -> String { digest(Array((salt + text).utf8)) }

    /// A text in which the names of the values stand where the values did.
    package func masked(_ text: String) -> String {
        if hidden.isEmpty { return text }
        let bytes = Array(text.utf8)
        var out: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if let match = hidden.first(where: { bytes[index...].starts(with: $0.value) }) {
                out += "${\(match.name)}".utf8
                index += match.value.count
            } else {
                out.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// A value in whose texts the names of the values stand where the values did.
    func masked(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): .string(masked(text))
        case .array(let elements): .array(elements.map { masked($0) })
        case .object(let members): .object(members.map { .init($0.name, masked($0.value)) })
        default: value
        }
    }

    /// A finding in whose texts the names of the values stand where the values did.
    func masked(_ finding: Finding) -> Finding {
        if hidden.isEmpty { return finding }
        return Finding(
            subject: masked(finding.subject),
            outcome: finding.outcome,
            type: finding.type,
            message: masked(finding.message),
            details: finding.details.map { masked($0) },
            remedy: finding.remedy.map { masked($0) },
            bytes: finding.bytes,
            evidence: finding.evidence.map { masked($0) }
        )
    }

    /// A change as it may stand in a file: a command becomes its digest, and what people read of it is masked.
    func sealed(_ change: PlannedChange) -> PlannedChange {
        guard change.action == .runCommand else { return change }
        let line = change.state["arguments"]?.joined(separator: " ") ?? change.subject
        return PlannedChange(.runCommand, digest(of: change.target), subject: masked(line))
    }

    /// The digest under which a plan knows a command.
    func digest(of command: Command) -> String { sealed(.running(command, subject: "")).target }
}
