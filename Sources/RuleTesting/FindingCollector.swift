public import HookKit
import Synchronization

/// Takes what a rule hands to its run, and keeps it for a test to look at.
public final class FindingCollector: Sendable {
    private let outputs = Mutex<[RuleContext.Output]>([])

    /// Makes a collector without findings.
    public init() {}

    /// Takes one output: what a `RuleContext` is made with.
    @Sendable public func take(_ output: RuleContext.Output) {
        outputs.withLock { $0.append(output) }
    }

    /// Everything in order.
    public var all: [RuleContext.Output] { outputs.withLock { $0 } }

    /// The findings in order.
    public var findings: [Finding] {
        all.compactMap { output in
            guard case .finding(let finding) = output else { return nil }
            return finding
        }
    }

    /// The lines of the log in order.
    public var log: [String] {
        all.compactMap { output in
            guard case .log(_, let line) = output else { return nil }
            return line
        }
    }

    /// The sum of the space given back.
    public var reclaimed: ByteSize {
        var sum = ByteSize.zero
        for case .reclaimed(let size) in all { sum += size }
        return sum
    }
}
