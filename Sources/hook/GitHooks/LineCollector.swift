import Synchronization

/// The lines that a command wrote.
final class LineCollector: Sendable {
    private let content = Mutex<[String]>([])

    /// The lines so far.
    var lines: [String] { content.withLock { $0 } }

    /// Takes a line.
    func take(_ line: String) { content.withLock { $0.append(line) } }
}
