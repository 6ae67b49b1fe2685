package import PluginWire

extension EngineDiskUsage: WireValue {
    /// Reads the usage of a disk.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "a disk usage")
        self.init(
            layers: try object.value("layers"),
            sharedSizes: try object.byDigest("sharedSizes"),
            buildCache: try object.values("buildCache"),
            volumeSizes: try object.mapping("volumeSizes") { (value) throws(WireMistake) in try ByteSize(wire: value) }
        )
    }

    /// The usage as an object.
    package var wire: JSONValue {
        .wire(["layers": layers, "sharedSizes": JSONValue.wire(sharedSizes), "buildCache": buildCache, "volumeSizes": volumeSizes])
    }
}

extension BuildCacheRecord: WireValue {
    /// Reads a record of the build cache.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "a record of the build cache")
        self.init(
            id: try object.string("id"),
            parents: try object.strings("parents"),
            description: try object.string("description"),
            isInUse: try object.boolean("isInUse", default: true),
            isShared: try object.boolean("isShared", default: true),
            size: try object.value("size"),
            created: try object.optionalValue("created"),
            lastUsed: try object.optionalValue("lastUsed")
        )
    }

    /// The record as an object.
    package var wire: JSONValue {
        .wire([
            "id": id, "parents": parents, "description": description, "isInUse": isInUse, "isShared": isShared, "size": size,
            "created": created, "lastUsed": lastUsed,
        ])
    }
}

extension EngineNetwork: WireValue {
    /// Reads a network.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "a network")
        self.init(
            id: try object.string("id"),
            name: try object.string("name"),
            driver: try object.string("driver"),
            scope: try object.string("scope"),
            created: try object.optionalValue("created"),
            labels: try object.texts("labels"),
            isPredefined: try object.boolean("isPredefined", default: true)
        )
    }

    /// The network as an object.
    package var wire: JSONValue {
        .wire([
            "id": id, "name": name, "driver": driver, "scope": scope, "created": created, "labels": labels,
            "isPredefined": isPredefined,
        ])
    }
}

extension EngineVolume: WireValue {
    /// Reads a volume.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "a volume")
        self.init(
            name: try object.string("name"),
            driver: try object.string("driver"),
            created: try object.optionalValue("created"),
            labels: try object.texts("labels")
        )
    }

    /// The volume as an object.
    package var wire: JSONValue { .wire(["name": name, "driver": driver, "created": created, "labels": labels]) }
}
