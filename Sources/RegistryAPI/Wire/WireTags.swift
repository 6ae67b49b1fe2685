/// A page of a repository's tags.
struct WireTags: Decodable {
    /// The tags; missing or null where there are none.
    let tags: [String]?
}
