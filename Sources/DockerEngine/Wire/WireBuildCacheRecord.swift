import HookKit

/// A record of the build cache in the answer to `GET /system/df`.
struct WireBuildCacheRecord: Decodable {
    let id: String
    let parent: String?
    let parents: [String]?
    let description: String?
    let isInUse: Bool
    let isShared: Bool
    let size: Int64?
    let created: WireTime?
    let lastUsed: WireTime?

    enum CodingKeys: String, CodingKey {
        case id = "ID"
        case parent = "Parent"
        case parents = "Parents"
        case description = "Description"
        case isInUse = "InUse"
        case isShared = "Shared"
        case size = "Size"
        case created = "CreatedAt"
        case lastUsed = "LastUsedAt"
    }

    /// The record.
    ///
    /// API 1.41 names one parent, later versions a list.
    func record() throws(WireFailure) -> BuildCacheRecord {
        guard !id.isEmpty else { throw WireFailure("a record of the build cache without an ID") }
        return BuildCacheRecord(
            id: id,
            parents: parents ?? [parent].compactMap { $0 }.filter { !$0.isEmpty },
            description: description ?? "",
            isInUse: isInUse,
            isShared: isShared,
            size: ByteSize(bytes: size ?? 0),
            created: created?.moment,
            lastUsed: lastUsed?.moment
        )
    }
}
