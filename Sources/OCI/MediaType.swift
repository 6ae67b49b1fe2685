/// The media types of manifests that hook knows by name.
///
/// Sources: OCI Image Format Specification, "Media Types"; Docker "Image Manifest Version 2, Schema 2".
public enum MediaType {
    /// An OCI image manifest.
    public static let ociManifest = "application/vnd.oci.image.manifest.v1+json"
    /// An OCI image index.
    public static let ociIndex = "application/vnd.oci.image.index.v1+json"
    /// A Docker schema 2 image manifest.
    public static let dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
    /// A Docker manifest list.
    public static let dockerManifestList = "application/vnd.docker.distribution.manifest.list.v2+json"
    /// A Docker schema 1 manifest.
    public static let dockerSchema1 = "application/vnd.docker.distribution.manifest.v1+json"
    /// A signed Docker schema 1 manifest.
    public static let dockerSchema1Signed = "application/vnd.docker.distribution.manifest.v1+prettyjws"
    /// The artifact manifest of OCI Image 1.1's release candidates.
    public static let ociArtifact = "application/vnd.oci.artifact.manifest.v1+json"
}
