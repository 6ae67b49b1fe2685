/// Why a plan cannot be written, read or carried out.
package struct InvalidPlan: Error, Hashable, Sendable, CustomStringConvertible {
    /// One sentence.
    package let description: String

    /// Makes an error.
    package init(_ description: String) { self.description = description }
}
