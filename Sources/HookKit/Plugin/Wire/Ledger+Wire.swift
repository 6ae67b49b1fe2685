package import PluginWire

extension BuildRecord: WireValue {
    /// Reads a build.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "a build")
        self.init(
            run: try object.string("run"),
            pipeline: try object.string("pipeline"),
            commit: try object.optionalString("commit"),
            branch: try object.optionalString("branch"),
            system: try object.optionalString("system"),
            buildNumber: try object.optionalString("buildNumber"),
            jobURL: try object.optionalString("jobURL"),
            user: try object.optionalString("user")
        )
    }

    /// The build as an object.
    package var wire: JSONValue {
        .wire([
            "run": run, "pipeline": pipeline, "commit": commit, "branch": branch, "system": system, "buildNumber": buildNumber,
            "jobURL": jobURL, "user": user,
        ])
    }
}

extension TagObservation: WireValue {
    /// Reads an observation.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "an observation")
        self.init(
            reference: try object.value("reference"),
            image: try object.value("image"),
            manifestDigest: try object.optionalValue("manifestDigest")
        )
    }

    /// The observation as an object.
    package var wire: JSONValue { .wire(["reference": reference, "image": image, "manifestDigest": manifestDigest]) }
}

extension TagGeneration: WireValue {
    /// Reads a generation.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "a generation")
        self.init(
            reference: try object.value("reference"),
            image: try object.value("image"),
            manifestDigest: try object.optionalValue("manifestDigest"),
            firstSeen: try object.value("firstSeen"),
            firstBuild: try object.value("firstBuild"),
            lastSeen: try object.value("lastSeen"),
            lastBuild: try object.value("lastBuild"),
            sightings: try object.integer("sightings")
        )
    }

    /// The generation as an object.
    package var wire: JSONValue {
        .wire([
            "reference": reference, "image": image, "manifestDigest": manifestDigest, "firstSeen": firstSeen, "firstBuild": firstBuild,
            "lastSeen": lastSeen, "lastBuild": lastBuild, "sightings": sightings,
        ])
    }
}

extension TagChange: WireValue {
    /// Reads a change.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "a change")
        let kind: Kind
        switch try object.string("kind") {
        case "new": kind = .new
        case "unchanged": kind = .unchanged
        case "moved": kind = .moved(from: try object.value("from"))
        case let other: throw WireMistake("'\(other)' is no kind of change")
        }
        self.init(observation: try object.value("observation"), kind: kind)
    }

    /// The change as an object.
    package var wire: JSONValue {
        switch kind {
        case .new: .wire(["observation": observation, "kind": "new"])
        case .unchanged: .wire(["observation": observation, "kind": "unchanged"])
        case .moved(let from): .wire(["observation": observation, "kind": "moved", "from": from])
        }
    }
}
