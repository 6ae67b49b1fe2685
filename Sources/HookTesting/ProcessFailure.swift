/// A process that a test could not start, or that did not do in time what the test waited for.
package struct ProcessFailure: Error, CustomStringConvertible {
    /// What happened, and what the process wrote until then.
    package let description: String

    init(_ description: String) { self.description = description }
}
