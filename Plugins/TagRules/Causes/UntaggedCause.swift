import HookKit

/// Why an image is `<none>`; DESIGN, section 6, from the strongest evidence to none.
package enum UntaggedCause: String, SettingChoice, Hashable {
    /// Other images have it as parent.
    case intermediate
    /// A container was created from a reference that no longer resolves to it.
    case untaggedInUse = "untagged-in-use"
    /// A tag that it had names another image now.
    case overwritten
    /// As `overwritten`, by a pull.
    case pulledOver = "pulled-over"
    /// It came from an archive without its name.
    case loadedByID = "loaded-by-id"
    /// It was built here without a name.
    case builtUntagged = "built-untagged"
    /// A tag that it had is gone and names nothing now.
    case untagged
    /// Nothing tells.
    case unknown

    /// The causes that are a reason to fail when nothing else is said: all but the harmless one.
    static let failing: [UntaggedCause] = allCases.filter { $0 != .intermediate }
}
