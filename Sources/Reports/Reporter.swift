package import Runner

/// A format of report: it takes a run's events in order and gives back what to append to its output.
///
/// A reporter does no input or output itself. A format that is one document gives everything back at `.runFinished`.
package protocol Reporter: Sendable {
    /// Takes an event; the bytes to append to the report, often none.
    mutating func receive(_ event: RunEvent) -> [UInt8]
}
