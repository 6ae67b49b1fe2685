import HookKit
import Runner

/// Runs from a seed, with everything in their texts that breaks documents and terminals.
struct GeneratedRuns: RandomNumberGenerator {
    private var state: UInt64

    /// The run of a seed.
    static func run(seed: UInt64) -> RunResult {
        // A seed's stream must not be its neighbour's, one step on.
        var start = GeneratedRuns(state: seed)
        var generator = GeneratedRuns(state: start.next())
        return generator.run()
    }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    /// A text of up to a number of pieces.
    mutating func text(_ pieces: ClosedRange<Int>) -> String {
        var out = ""
        for _ in 0..<Int.random(in: pieces, using: &self) {
            if Int.random(in: 0..<4, using: &self) == 0 {
                out.unicodeScalars.append(scalar())
            } else {
                out += Self.pieces[Int.random(in: 0..<Self.pieces.count, using: &self)]
            }
        }
        return out
    }

    private mutating func scalar() -> Unicode.Scalar {
        let limits: [UInt32] = [0x20, 0x100, 0x3000, 0x1_0000, 0x11_0000]
        while true {
            let limit = limits[Int.random(in: 0..<limits.count, using: &self)]
            if let scalar = Unicode.Scalar(UInt32.random(in: 0..<limit, using: &self)) { return scalar }
        }
    }

    private mutating func run() -> RunResult {
        let count = Int.random(in: 0...4, using: &self)
        let stages = (0..<count).map { stage(number: $0 + 1) }
        return SampleRuns.run(
            stages,
            pipeline: text(0...4),
            file: Bool.random(using: &self) ? text(0...4) : nil,
            isDryRun: Bool.random(using: &self),
            wasInterrupted: Int.random(in: 0..<5, using: &self) == 0
        )
    }

    private mutating func stage(number: Int) -> StageResult {
        let ending: StageResult.Ending =
            switch Int.random(in: 0..<8, using: &self) {
            case 0: .skipped(reason: text(0...6))
            case 1: .failed(type: text(0...2), message: text(0...12), exitCode: Bool.random(using: &self) ? .stageFailed : .busy)
            case 2: .interrupted
            default: .completed
            }
        var findings: [Finding] = []
        if case .skipped = ending {
        } else {
            let count =
                Int.random(in: 0...3, using: &self) == 0 ? Int.random(in: 20...60, using: &self) : Int.random(in: 0...5, using: &self)
            findings = (0..<count).map { _ in finding() }
        }
        // A stage's name is unique in its pipeline: the number makes it so here.
        return SampleRuns.stage(
            number,
            text(0...4) + " \(number)",
            rule: text(1...2),
            isDryRun: Bool.random(using: &self),
            ending: ending,
            findings: findings,
            milliseconds: Int.random(in: 0...10_000_000, using: &self),
            reclaimed: ByteSize(bytes: Int64.random(in: 0...5_000_000_000, using: &self)),
            engine: Bool.random(using: &self) ? SampleRuns.engine : nil
        )
    }

    private mutating func finding() -> Finding {
        Finding(
            // Few different ones, so that they meet.
            subject: Bool.random(using: &self) ? ["a", "a (removed)", "b", ""][Int.random(in: 0..<4, using: &self)] : text(0...5),
            outcome: Finding.Outcome.allCases[Int.random(in: 0..<4, using: &self)],
            type: ["removed", "would-remove", "unchanged", "date", text(0...2)][Int.random(in: 0..<5, using: &self)],
            message: text(0...20),
            details: (0..<Int.random(in: 0...4, using: &self)).map { _ in text(0...20) },
            remedy: Bool.random(using: &self) ? text(0...6) : nil,
            bytes: Bool.random(using: &self) ? ByteSize(bytes: Int64.random(in: 0...Int64.max, using: &self)) : nil,
            evidence: Bool.random(using: &self) ? ["text": .string(text(0...5)), "number": 7, "list": [true, .null]] : nil
        )
    }

    private static let pieces = [
        "shop/api:v1", " ", "  ", "sha256:4f0c1d9a7e21", "中文标签", "日本語", "한국어", "e\u{301}", "👩‍👩‍👧‍👦", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🇩🇪", "☎\u{FE0F}", "]]>", "<![CDATA[",
        "<b>",
        "&amp;", "&#0;", "\"'", "\n", "\r\n", "\r", "\t", "\u{0}", "\u{7}", "\u{8}", "\u{1B}[2J", "\u{1B}]0;title\u{7}", "\u{9B}31m",
        "\u{7F}", "\u{85}",
        "\u{2028}", "\u{202E}evil", "\u{2066}", "\u{FEFF}", "\u{FFFE}", "\u{FFFF}", "\u{1FFFE}", "\n::error::x",
        "::add-mask::secret", "##[add-mask]x",
        "\n  ::stop-commands::t", "%0A::error::", "section_end:1:hook_stage_1\r\u{1B}[0K", "{{ x }}", "%s%n", "a,b:c=d", "\u{E000}",
        "\u{200B}", "\u{300}\u{301}\u{302}",
    ]

    private init(state: UInt64) { self.state = state }
}
