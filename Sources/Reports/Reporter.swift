package import Runner

/// A format of report: it takes a run's events in order and gives back what to append to its output.
///
/// A reporter does no input or output itself. A format that is one document gives everything back at `.runFinished`.
package protocol Reporter: Sendable {
    /// Takes an event; the bytes to append to the report, often none.
    mutating func receive(_ event: RunEvent) -> [UInt8]

    /// Whether the report shows what the ledger knows of tags, so that somebody should look it up.
    var showsRecordedTags: Bool { get }

    /// Whether the report shows anything of findings' evidence, so that a rule should gather it.
    var showsEvidence: Bool { get }

    /// Takes what the ledger knows of tags, before `.runFinished`.
    mutating func receive(_ history: RecordedTags)
}

extension Reporter {
    /// Most reports are about the run alone.
    package var showsRecordedTags: Bool { false }

    /// Most reports show what a finding says in words.
    package var showsEvidence: Bool { false }

    /// Most reports have no use for it.
    package mutating func receive(_ history: RecordedTags) {}
}
