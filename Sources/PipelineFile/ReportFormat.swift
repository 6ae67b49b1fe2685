import HookKit

/// A form in which a run can be reported to a file: a key under `reports`.
package enum ReportFormat: String, PipelineKey {
    /// JUnit XML, as CI systems show test results.
    case junit
    /// One JSON document with everything that JUnit has, and the evidence.
    case json

    static let owner = "'reports'"
    static let required: [ReportFormat] = []

    var help: String {
        switch self {
        case .junit: "A JUnit XML file, for the place where a CI system shows test results."
        case .json: "A JSON file with every finding and its evidence."
        }
    }

    var schema: JSONValue { ConfigPath.schema.json }
}
