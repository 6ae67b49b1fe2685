/// What is wrong with a document, and where.
package struct YAMLProblem: Error, Hashable, Sendable {
    /// Another place that belongs to a problem.
    package struct Note: Hashable, Sendable {
        /// What is to be seen there.
        package var message: String
        /// The place.
        package var position: YAMLPosition
    }

    /// One sentence, lower case, without a full stop.
    package var message: String
    /// The place, or `nil` where the document as a whole is meant.
    package var position: YAMLPosition?
    /// Places that explain the problem.
    package var notes: [Note] = []
}
