package import HookKit
package import OCI

/// What became of an image that a tag named, as far as anything tells.
package enum Fate: Hashable, Sendable {
    /// It is on the engine and has these names.
    case named([ImageReference])
    /// It is on the engine as `<none>`.
    case untagged
    /// The engine said at this time that it was deleted, and nothing says that it came back.
    case removed(Timestamp)
    /// It is not on the engine any more, and nothing tells since when.
    case gone
    /// Nothing tells.
    case notKnown
}
