import GRDB

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A row of the table of generations, without its tag.
struct StoredGeneration {
    /// The row's id.
    let id: Int64
    /// The image's ID.
    let image: Data
    /// The manifest's digest, where it was known.
    let manifest: Data?
    /// The first sight, in nanoseconds since 1970.
    let firstSeen: Int64
    /// The row of the build that had the first sight.
    let firstBuild: Int64
    /// The last sight, in nanoseconds since 1970.
    let lastSeen: Int64
    /// The row of the build that had the last sight.
    let lastBuild: Int64
    /// How many sights there were.
    let sightings: Int

    /// The columns in the order in which the initialiser takes them.
    static let columns = """
        g.id, g.image, g.manifest, g.first_seen, g.first_build, ifnull(g.last_seen, g.first_seen), ifnull(g.last_build, g.first_build), \
        g.sightings
        """

    /// Takes the columns from a position on; throws where a column holds something else than a number or bytes.
    init(_ row: Row, from index: Int) throws {
        id = try row.decode(Int64.self, atIndex: index)
        image = try row.decode(Data.self, atIndex: index + 1)
        manifest = try row.decode(Data?.self, atIndex: index + 2).map { [image] in $0.isEmpty ? image : $0 }
        firstSeen = try row.decode(Int64.self, atIndex: index + 3)
        firstBuild = try row.decode(Int64.self, atIndex: index + 4)
        lastSeen = try row.decode(Int64.self, atIndex: index + 5)
        lastBuild = try row.decode(Int64.self, atIndex: index + 6)
        sightings = try row.decode(Int.self, atIndex: index + 7)
    }

    /// A manifest's digest as it is stored beside an image: no bytes where it is the image's own, as in containerd's store.
    static func stored(manifest: Data?, image: Data) -> Data? { manifest == image ? Data() : manifest }
}
