import Runner

extension PlanUse {
    /// What the run does with the plan, as a statement without a full stop: `carries out the plan plan.json`.
    var reportText: String {
        switch self {
        case .writes(let name): "writes the plan \(VisibleText.line(name, limit: 600))"
        case .carriesOut(let name): "carries out the plan \(VisibleText.line(name, limit: 600))"
        }
    }
}
