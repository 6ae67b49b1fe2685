/// One thing that a rule found: a test case in the reports.
public struct Finding: Hashable, Sendable {
    /// How a finding is counted.
    public enum Outcome: String, Hashable, Sendable, CaseIterable {
        /// As it should be.
        case passed
        /// Not as it should be; the run ends with exit code 1.
        case failed
        /// Not looked at, or not to be judged.
        case skipped
        /// Could not be carried out; the run ends with exit code 69.
        case error
    }

    /// What it is about, stable from run to run: a tag, a repository, or a short image ID where there is no name.
    public let subject: String
    /// How it is counted.
    public let outcome: Outcome
    /// A word in kebab-case: `overwritten`, `removed`.
    public let type: String
    /// One line.
    public let message: String
    /// Further lines: the evidence, in order of weight.
    public let details: FindingDetails
    /// The command that a person would type.
    public let remedy: String?
    /// Space concerned, where space is concerned.
    public let bytes: ByteSize?
    /// The evidence for programs, in the JSON report.
    public let evidence: JSONValue?

    /// Makes a finding.
    public init(
        subject: String,
        outcome: Outcome,
        type: String,
        message: String,
        details: [String] = [],
        remedy: String? = nil,
        bytes: ByteSize? = nil,
        evidence: JSONValue? = nil
    ) {
        self.init(
            subject: subject,
            outcome: outcome,
            type: type,
            message: message,
            lines: FindingDetails(details),
            remedy: remedy,
            bytes: bytes,
            evidence: evidence
        )
    }

    /// Makes a finding with details that need not be a list.
    package init(
        subject: String,
        outcome: Outcome,
        type: String,
        message: String,
        lines: FindingDetails,
        remedy: String? = nil,
        bytes: ByteSize? = nil,
        evidence: JSONValue? = nil
    ) {
        self.subject = subject
        self.outcome = outcome
        self.type = type
        self.message = message
        details = lines
        self.remedy = remedy
        self.bytes = bytes
        self.evidence = evidence
    }

    /// A finding that is as it should be.
    public static func passed(
        subject: String,
        type: String,
        message: String,
        details: [String] = [],
        remedy: String? = nil,
        bytes: ByteSize? = nil,
        evidence: JSONValue? = nil
    ) -> Finding {
        Finding(
            subject: subject,
            outcome: .passed,
            type: type,
            message: message,
            details: details,
            remedy: remedy,
            bytes: bytes,
            evidence: evidence
        )
    }

    /// A finding that is not as it should be.
    public static func failed(
        subject: String,
        type: String,
        message: String,
        details: [String] = [],
        remedy: String? = nil,
        bytes: ByteSize? = nil,
        evidence: JSONValue? = nil
    ) -> Finding {
        Finding(
            subject: subject,
            outcome: .failed,
            type: type,
            message: message,
            details: details,
            remedy: remedy,
            bytes: bytes,
            evidence: evidence
        )
    }

    /// A finding that is not judged.
    public static func skipped(subject: String, type: String, message: String, details: [String] = [], bytes: ByteSize? = nil) -> Finding {
        Finding(subject: subject, outcome: .skipped, type: type, message: message, details: details, bytes: bytes)
    }

    /// A finding that something could not be carried out.
    public static func error(subject: String, type: String, message: String, details: [String] = [], remedy: String? = nil) -> Finding {
        Finding(subject: subject, outcome: .error, type: type, message: message, details: details, remedy: remedy)
    }

    /// A finding that something stays which would go, because the plan that is carried out does not have it.
    public static func notInPlan(
        subject: String,
        message: String = "it is not in the plan, so it stays",
        details: [String] = [],
        bytes: ByteSize? = nil
    ) -> Finding {
        .passed(subject: subject, type: "not-in-plan", message: message, details: details, bytes: bytes)
    }
}
