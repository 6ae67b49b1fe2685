package import PluginWire

extension RegistryAddress: WireValue {
    /// Reads an address.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "a registry's address")
        self.init(
            try object.string("name"),
            security: try object.boolean("isInsecure", default: false) ? .optional : .required,
            authority: try object.optionalString("authority")
        )
    }

    /// The address as an object.
    package var wire: JSONValue { .wire(["name": name, "isInsecure": security == .optional, "authority": authority]) }
}

extension RegistryTarget: WireValue {
    /// Reads what names a manifest.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "a registry's target")
        if let digest = try object.optionalValue("digest", Digest.self) {
            self = .digest(digest)
        } else {
            self = .tag(try object.string("tag"))
        }
    }

    /// The tag or the digest as an object.
    package var wire: JSONValue {
        switch self {
        case .tag(let tag): .wire(["tag": tag])
        case .digest(let digest): .wire(["digest": digest])
        }
    }
}

extension RegistryDescriptor: WireValue {
    /// Reads a descriptor.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "a descriptor")
        self.init(
            digest: try object.value("digest"),
            mediaType: try object.string("mediaType"),
            size: try object.value("size"),
            platform: try object.optionalString("platform"),
            annotations: try object.texts("annotations")
        )
    }

    /// The descriptor as an object.
    package var wire: JSONValue {
        .wire(["digest": digest, "mediaType": mediaType, "size": size, "platform": platform, "annotations": annotations])
    }
}

extension RegistryManifest: WireValue {
    /// Reads a manifest.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "a manifest")
        let content: Content
        if let configuration = try object.optionalValue("configuration", RegistryDescriptor.self) {
            content = .image(configuration: configuration)
        } else if object["manifests"] != nil {
            content = .index(try object.values("manifests"))
        } else {
            content = .other
        }
        self.init(
            descriptor: try object.value("descriptor"),
            content: content,
            subject: try object.optionalValue("subject"),
            annotations: try object.texts("annotations")
        )
    }

    /// The manifest as an object.
    package var wire: JSONValue {
        var manifests: [RegistryDescriptor]?
        if case .index(let own) = content { manifests = own }
        return .wire([
            "descriptor": descriptor, "configuration": configuration, "manifests": manifests, "subject": subject,
            "annotations": annotations,
        ])
    }
}

extension RegistryImageConfiguration: WireValue {
    /// Reads a configuration.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "an image's configuration")
        self.init(created: try object.optionalValue("created"), labels: try object.texts("labels"))
    }

    /// The configuration as an object.
    package var wire: JSONValue { .wire(["created": created, "labels": labels]) }
}

extension RegistryDeletionSupport: WireValue {
    /// Reads a word.
    package init(wire value: JSONValue) throws(WireMistake) {
        let word = try String(wire: value)
        guard let support = RegistryDeletionSupport(rawValue: word) else {
            throw WireMistake("'\(word)' is nothing that a registry deletes")
        }
        self = support
    }

    /// The word.
    package var wire: JSONValue { .string(rawValue) }
}

extension RegistryDeletion: WireValue {
    /// Reads whether it was there.
    package init(wire value: JSONValue) throws(WireMistake) { self = try Bool(wire: value) ? .deleted : .absent }

    /// Whether it was there.
    package var wire: JSONValue { .boolean(self == .deleted) }
}

extension DeployedImage: WireValue {
    /// Reads the name of an image in a file.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "a deployed image")
        self.init(try object.string("text"), line: try object.integer("line"))
    }

    /// The name and its line as an object.
    package var wire: JSONValue { .wire(["text": text, "line": line]) }
}
