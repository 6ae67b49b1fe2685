import HookKit

/// An image's configuration as registries keep it.
///
/// Source: OCI Image Format Specification, "Image Configuration".
struct WireConfiguration: Decodable {
    struct Container: Decodable {
        let labels: LooseTexts?

        enum CodingKeys: String, CodingKey {
            case labels = "Labels"
        }
    }

    let created: String?
    let config: Container?

    /// What it says.
    var configuration: RegistryImageConfiguration {
        RegistryImageConfiguration(created: created.flatMap { Timestamp(rfc3339: $0) }, labels: config?.labels?.texts ?? [:])
    }
}
