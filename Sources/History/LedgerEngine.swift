/// An engine as a ledger knows it: as it last described itself.
package struct LedgerEngine: Hashable, Sendable {
    /// What tells this engine from every other, and stays when it is restarted.
    package let identifier: String
    /// The host's name, as the engine says it.
    package let name: String
    /// The product and its version: `Docker 20.10.24`.
    package let product: String
    /// How it stores images: `classic`, `containerd`, `podman`.
    package let imageStore: String
    /// The endpoint: `unix:///var/run/docker.sock`.
    package let endpoint: String

    /// Describes an engine.
    package init(identifier: String, name: String, product: String, imageStore: String, endpoint: String) {
        self.identifier = identifier
        self.name = name
        self.product = product
        self.imageStore = imageStore
        self.endpoint = endpoint
    }
}
