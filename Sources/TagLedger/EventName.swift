import GRDB
import OCI

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What an event calls an image or a container, as a column of the table of events holds it.
enum EventName: Hashable, Sendable {
    /// A digest, or a container's ID, as its bytes.
    case bytes(Data)
    /// A text that stands in the row: of a container, or the digits of a digest without its algorithm. Few events share it.
    case text(String)
    /// A text that stands in the table of texts: what an image is called by, which is the same in most events of its tag.
    case shared(String)
}
