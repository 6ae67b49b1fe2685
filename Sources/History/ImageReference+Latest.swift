package import OCI

extension ImageReference {
    /// The reference as an engine takes it: one without a tag and a digest means `latest`.
    package var latest: ImageReference {
        guard tag == nil, digest == nil else { return self }
        guard let reference = ImageReference("\(name):latest") else { preconditionFailure("a name with a tag is a reference") }
        return reference
    }

    /// The same name on `localhost`, where Podman keeps what was built under a name without a registry; `nil` for one with a registry.
    package var onLocalhost: ImageReference? {
        guard registry == Self.defaultRegistry else { return nil }
        let path = self.path.hasPrefix("library/") ? String(self.path.dropFirst("library/".count)) : self.path
        return ImageReference("localhost/\(path)" + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? ""))
    }
}
