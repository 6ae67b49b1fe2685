import HookKit

/// A form in which a run can be reported to a file: a key under `reports`.
package enum ReportFormat: String, PipelineKey {
    /// JUnit XML, as CI systems show test results.
    case junit
    /// One JSON document with everything that JUnit has, and the evidence.
    case json
    /// An HTML page for people.
    case html
    /// Markdown, for job summaries and comments.
    case markdown
    /// Metrics in the Prometheus text format.
    case metrics

    static let owner = "'reports'"
    static let required: [ReportFormat] = []

    var help: String {
        switch self {
        case .junit: "A JUnit XML file, for the place where a CI system shows test results."
        case .json: "A JSON file with every finding and its evidence."
        case .html: "An HTML page to look at: one file that needs nothing else."
        case .markdown: "A Markdown file, for job summaries and comments on merge requests."
        case .metrics:
            "A file of metrics in the Prometheus text format, for the node exporter's textfile collector; its name ends in '.prom'."
        }
    }

    var schema: JSONValue { ConfigPath.schema.json }
}
