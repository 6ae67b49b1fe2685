/// How the text report is set.
package struct TextOptions: Hashable, Sendable {
    /// How much of a run is shown.
    package enum Extent: Hashable, Sendable {
        /// What failed, and how the run ended.
        case failures
        /// Every stage; of a long list of findings that need no action, the first few.
        case summary
        /// Every stage, and every finding with its details.
        case everything
    }

    /// The terminal's columns, at least 40; `nil` where the text does not go to a terminal, and every finding then stands on one line.
    package var width: Int?
    /// Says whether colours are used.
    package var usesColour: Bool
    /// How much is shown.
    package var extent: Extent
    /// How many findings of a stage that passed or were skipped are shown in full; of more, only the first few of each type.
    package var quietRows: Int
    /// How many findings of a stage that failed are shown before the rest is counted.
    package var loudRows: Int
    /// The path of a report that holds every finding, which the text refers to where it leaves some out.
    package var fullReport: String?

    /// Makes options; where everything is shown, the numbers of rows do not count.
    package init(
        width: Int? = nil,
        usesColour: Bool = false,
        extent: Extent = .summary,
        quietRows: Int = 20,
        loudRows: Int = 200,
        fullReport: String? = nil
    ) {
        self.width = width.map { max(40, $0) }
        self.usesColour = usesColour
        self.extent = extent
        let all = 1 << 40
        self.quietRows = extent == .everything ? all : max(1, quietRows)
        self.loudRows = extent == .everything ? all : max(1, loudRows)
        self.fullReport = fullReport
    }
}
