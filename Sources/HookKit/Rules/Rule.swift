/// A stage of a pipeline: a type with settings that looks at something, reports findings, and may change something.
///
/// A rule is made anew for every stage that names it. It asks its context for services, and never prints, exits, reads the environment or
/// opens a path by itself.
public protocol Rule: Sendable {
    /// Name, documentation and examples.
    static var configuration: RuleConfiguration { get }

    /// Makes a rule with the defaults of its settings; does no work and touches nothing outside.
    init()

    /// Checks what involves several settings, after each was read by itself.
    func validate() throws(RuleValidationError)

    /// Does the work. What it finds goes to `context.report`; an error thrown means that the stage could not be carried out.
    func run(in context: RuleContext) async throws
}

extension Rule {
    /// Accepts every combination of settings.
    public func validate() throws(RuleValidationError) {}
}
