/// A text that was read as YAML: its tree as far as it can be trusted, and everything that is wrong with it.
package struct YAMLDocument: Sendable {
    /// The tree; `nil` where the text is not well-formed or holds no document.
    ///
    /// Problems that leave the tree readable, such as a key that comes twice, leave it here, so that its contents can be checked as well.
    package private(set) var root: YAMLNode?
    /// What is wrong, in the order of the text.
    package private(set) var problems: [YAMLProblem] = []
    /// The text, to show lines of it; `nil` where the input is too large to be read.
    package private(set) var source: YAMLSource?

    /// Reads one document.
    package init(_ bytes: [UInt8], limits: YAMLLimits = .standard) {
        guard bytes.count <= limits.inputBytes else {
            problems = [
                YAMLProblem(message: "the file is larger than \(limits.inputBytes / 1024) KiB, the most that is read", position: nil)
            ]
            return
        }
        let source = YAMLSource(bytes)
        self.source = source
        if let problem = source.problem {
            problems = [problem]
            return
        }
        var builder = TreeBuilder(limits: limits)
        do throws(YAMLProblem) {
            var parser = try EventParser(source)
            while try builder.take(parser.next()) {}
        } catch {
            builder.fail(error)
        }
        root = builder.root
        let top = YAMLPosition(line: 0, column: 0)
        problems = builder.problems.sorted { ($0.position ?? top) < ($1.position ?? top) }
    }
}
