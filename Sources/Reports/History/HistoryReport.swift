package import History
package import HookKit

/// What `hook history` says of one tag, or of all, and what it stands on.
package struct HistoryReport: Sendable {
    /// What was asked for.
    package enum Subject: Sendable {
        /// Every tag.
        case tags(TagSummaries)
        /// One tag, on each engine that the ledger knows it on.
        case tag(String, [TagHistory])
    }

    /// The ledger's path, as the user may know it.
    package let ledger: String
    /// The program's version.
    package let version: String
    /// The moment of the report.
    package let now: Timestamp
    /// The tags, or one of them.
    package let subject: Subject
    /// Whether an engine told what is there now.
    package let answer: EngineAnswer

    /// Makes a report.
    package init(ledger: String, version: String, now: Timestamp, subject: Subject, answer: EngineAnswer) {
        self.ledger = ledger
        self.version = version
        self.now = now
        self.subject = subject
        self.answer = answer
    }
}
