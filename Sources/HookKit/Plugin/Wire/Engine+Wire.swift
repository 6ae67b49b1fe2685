package import PluginWire

extension EngineIdentity: WireValue {
    /// Reads an engine.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "an engine")
        let store = try object.string("imageStore")
        guard let imageStore = ImageStore(rawValue: store) else { throw WireMistake("'\(store)' is no image store") }
        self.init(
            identifier: try object.string("identifier"),
            name: try object.string("name"),
            product: try object.string("product"),
            apiVersion: try object.string("apiVersion"),
            imageStore: imageStore,
            endpoint: try object.string("endpoint"),
            docker: try object.optionalString("docker") ?? "docker"
        )
    }

    /// The engine as an object.
    package var wire: JSONValue {
        .wire([
            "identifier": identifier, "name": name, "product": product, "apiVersion": apiVersion, "imageStore": imageStore.rawValue,
            "endpoint": endpoint, "docker": docker,
        ])
    }
}

extension EngineImage: WireValue {
    /// Reads an image.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "an image")
        self.init(
            id: try object.value("id"),
            parent: try object.optionalValue("parent"),
            references: try object.values("references"),
            unreadableReferences: try object.strings("unreadableReferences"),
            repositoryDigests: try object.values("repositoryDigests"),
            created: try object.value("created"),
            size: try object.value("size"),
            sharedSize: try object.optionalValue("sharedSize"),
            labels: try object.texts("labels")
        )
    }

    /// The image as an object.
    package var wire: JSONValue {
        .wire([
            "id": id, "parent": parent, "references": references, "unreadableReferences": unreadableReferences,
            "repositoryDigests": repositoryDigests, "created": created, "size": size, "sharedSize": sharedSize, "labels": labels,
        ])
    }
}

extension EngineImageDetails: WireValue {
    /// Reads an image's details.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "an image's details")
        self.init(
            id: try object.value("id"),
            lastTagged: try object.optionalValue("lastTagged"),
            layers: try object.values("layers"),
            parent: try object.optionalValue("parent")
        )
    }

    /// The details as an object.
    package var wire: JSONValue { .wire(["id": id, "lastTagged": lastTagged, "layers": layers, "parent": parent]) }
}

extension ImageRemoval: WireValue {
    /// Reads a removal.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "a removal")
        self.init(untagged: try object.strings("untagged"), deleted: try object.strings("deleted"))
    }

    /// The removal as an object.
    package var wire: JSONValue { .wire(["untagged": untagged, "deleted": deleted]) }
}

extension EngineContainer: WireValue {
    /// Reads a container.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "a container")
        self.init(
            id: try object.string("id"),
            names: try object.strings("names"),
            image: try object.value("image"),
            imageName: try object.string("imageName"),
            state: try object.string("state"),
            created: try object.value("created"),
            labels: try object.texts("labels"),
            networks: try object.strings("networks"),
            volumes: try object.strings("volumes"),
            imageMounts: try object.strings("imageMounts")
        )
    }

    /// The container as an object.
    package var wire: JSONValue {
        .wire([
            "id": id, "names": names, "image": image, "imageName": imageName, "state": state, "created": created, "labels": labels,
            "networks": networks, "volumes": volumes, "imageMounts": imageMounts,
        ])
    }
}

extension EngineManifestList: WireValue {
    /// Reads a list of images.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "a manifest list")
        let problem = try object.optionalString("problem")
        let images: [Digest] = try object.values("images")
        self.init(
            id: try object.value("id"),
            references: try object.values("references"),
            content: problem.map { .unknown($0) } ?? .images(Set(images))
        )
    }

    /// The list as an object.
    package var wire: JSONValue {
        switch content {
        case .images(let images): .wire(["id": id, "references": references, "images": images.sorted()])
        case .unknown(let problem): .wire(["id": id, "references": references, "problem": problem])
        }
    }
}

extension EngineContainerDetails: WireValue {
    /// Reads a container's details.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "a container's details")
        self.init(
            id: try object.string("id"),
            configuredImage: try object.string("configuredImage"),
            started: try object.optionalValue("started"),
            finished: try object.optionalValue("finished")
        )
    }

    /// The details as an object.
    package var wire: JSONValue { .wire(["id": id, "configuredImage": configuredImage, "started": started, "finished": finished]) }
}

extension EngineEvent: WireValue {
    /// Reads an event.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "an event")
        self.init(
            time: try object.value("time"),
            kind: try object.string("kind"),
            action: try object.string("action"),
            actor: try object.string("actor"),
            attributes: try object.texts("attributes")
        )
    }

    /// The event as an object.
    package var wire: JSONValue { .wire(["time": time, "kind": kind, "action": action, "actor": actor, "attributes": attributes]) }
}
