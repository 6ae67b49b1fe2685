import FoundationEssentials

/// Where tests on generated input begin.
package enum TestSeed {
    /// 1, so that a test says the same each time; `HOOK_SEED` is another number, or `random`.
    package static let first: UInt64 = {
        switch ProcessInfo.processInfo.environment["HOOK_SEED"] {
        case nil: 1
        case "random": .random(in: 0...UInt64(UInt32.max))
        case let text?: UInt64(text) ?? 1
        }
    }()
}
