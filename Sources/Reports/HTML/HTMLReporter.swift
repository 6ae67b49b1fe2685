import HookKit
import Mustache
package import Runner

/// Writes a run as one HTML page that opens anywhere: it asks the network for nothing, and needs no other file.
///
/// The frame is made here, from the templates below `Page`; findings, tags and storage stand in the page once, as JSON, and its script draws what is
/// on the screen. Texts from outside come in by two doors only, both of which make them harmless: `HTMLText` and `HarmlessJSON`.
package struct HTMLReporter: Reporter {
    private var history: RecordedTags?

    /// Makes a reporter.
    package init() {}

    /// It has the timeline of the tags.
    package var showsRecordedTags: Bool { true }

    /// It has a map of who uses a registry's storage.
    package var showsEvidence: Bool { true }

    /// Keeps the tags for the page.
    package mutating func receive(_ history: RecordedTags) { self.history = history }

    /// Gives the whole page when the run has ended.
    package mutating func receive(_ event: RunEvent) -> [UInt8] {
        guard case .runFinished(let result) = event else { return [] }
        return Array(Self.template.render(HTMLPage(result, history).values).utf8)
    }

    private static let template: MustacheTemplate = {
        let text = String(decoding: PackageResources.report_html, as: UTF8.self)
        do {
            return try MustacheTemplate(string: text)
        } catch {
            fatalError("the page's template in the program is no template: \(error)")
        }
    }()
}
