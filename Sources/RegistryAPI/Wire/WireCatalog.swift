/// A page of a registry's repositories.
struct WireCatalog: Decodable {
    /// The names; missing or null where there are none.
    let repositories: [String]?
}
