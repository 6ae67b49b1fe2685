/// The environment's variables; one that is set to nothing is as good as none, as CI systems set them.
struct BuildVariables {
    private let values: [String: String]

    init(_ values: [String: String]) { self.values = values }

    /// The value of a variable.
    subscript(name: String) -> String? {
        guard let value = values[name], !value.isEmpty else { return nil }
        return value
    }

    /// The value of the first of these variables that is set.
    func first(_ names: String...) -> String? { names.lazy.compactMap { self[$0] }.first }

    /// Says whether a variable is set to a word for yes.
    func isOn(_ name: String) -> Bool {
        guard let value = self[name]?.lowercased() else { return false }
        return !["false", "0", "no", "off"].contains(value)
    }

    /// The first of these variables that holds a commit's whole ID.
    func commit(_ names: String...) -> String? {
        names.lazy.compactMap { self[$0] }.first(where: GitHead.isCommit)
    }

    /// The first of these variables that is set, as the name of a branch or a tag.
    func branch(_ names: String...) -> String? {
        names.lazy.compactMap { self[$0] }.first.map(GitHead.shortName)
    }

    /// An address that was put together from these parts; `nil` where one of them is missing.
    func address(_ parts: String?...) -> String? {
        let present = parts.compactMap { $0 }
        return present.count == parts.count ? JobAddress.public(present.joined()) : nil
    }
}
