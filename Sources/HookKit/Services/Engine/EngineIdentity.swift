/// Which engine answers, and how it stores images.
public struct EngineIdentity: Hashable, Sendable {
    /// How images are stored; what an ID means follows from it.
    public enum ImageStore: String, Hashable, Sendable {
        /// Docker's own store: an image's ID is the digest of its configuration.
        case classic
        /// containerd's store: an image's ID is the digest of its manifest or index.
        case containerd
        /// Podman's store: an image's ID is the digest of its configuration.
        case podman
    }

    /// What tells this engine from every other, and stays when it is restarted: the key in the ledger.
    public let identifier: String
    /// The host's name, as the engine says it.
    public let name: String
    /// The product and its version: `Docker 20.10.24`, `Podman 4.3.1`.
    public let product: String
    /// The version of the API that is spoken.
    public let apiVersion: String
    /// How images are stored.
    public let imageStore: ImageStore
    /// The endpoint: `unix:///var/run/docker.sock`.
    public let endpoint: String
    /// How a command for this engine begins that a person may type: `docker`, or `docker -H unix:///…` where `docker` by itself would speak with
    /// another engine.
    public let docker: String

    /// Describes an engine.
    public init(
        identifier: String,
        name: String,
        product: String,
        apiVersion: String,
        imageStore: ImageStore,
        endpoint: String,
        docker: String = "docker"
    ) {
        self.identifier = identifier
        self.name = name
        self.product = product
        self.apiVersion = apiVersion
        self.imageStore = imageStore
        self.endpoint = endpoint
        self.docker = docker
    }
}
