package import PluginWire

extension RegistryCollection: WireValue {
    /// Reads a request for a collection.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "a collection")
        let target: Target
        if object["named"] != nil {
            target = .named(try object.values("named"))
        } else {
            target = .garbage(repositories: try object.values("repositories"))
        }
        self.init(root: try object.string("root"), target: target)
        deletesUntagged = try object.boolean("deletesUntagged", default: deletesUntagged)
        keepLast = try object.optionalInteger("keepLast") ?? keepLast
        olderThan = try object.optionalValue("olderThan") ?? olderThan
        minimumAge = try object.optionalValue("minimumAge") ?? minimumAge
        uploadsOlderThan = try object.optionalValue("uploadsOlderThan")
        deletesEmptyRepositories = try object.boolean("deletesEmptyRepositories", default: deletesEmptyRepositories)
        trash = try object.optionalValue("trash") ?? trash
        registry = try object.optionalString("registry")
        jobs = try object.optionalInteger("jobs")
        measuresUse = try object.boolean("measuresUse", default: measuresUse)
    }

    /// The request as an object.
    package var wire: JSONValue {
        var (named, repositories): ([NamedPattern]?, [ReferencePattern]?)
        switch target {
        case .garbage(let patterns): repositories = patterns
        case .named(let patterns): named = patterns
        }
        return .wire([
            "root": root, "named": named, "repositories": repositories, "deletesUntagged": deletesUntagged, "keepLast": keepLast,
            "olderThan": olderThan, "minimumAge": minimumAge, "uploadsOlderThan": uploadsOlderThan,
            "deletesEmptyRepositories": deletesEmptyRepositories, "trash": trash, "registry": registry, "jobs": jobs,
            "measuresUse": measuresUse,
        ])
    }
}

extension RegistryCollection.NamedPattern: WireValue {
    /// Reads a pattern.
    package init(wire value: JSONValue) throws(WireMistake) { self.init(try ReferencePattern(wire: value)) }
    /// The pattern as it was written.
    package var wire: JSONValue { pattern.wire }
}

extension ReferencePattern: WireValue {
    /// Reads a pattern.
    package init(wire value: JSONValue) throws(WireMistake) {
        let text = try String(wire: value)
        guard let pattern = ReferencePattern(text) else { throw WireMistake("'\(text.prefix(80))' is no pattern") }
        self = pattern
    }
    /// The pattern as it was written.
    package var wire: JSONValue { .string(description) }
}

extension RegistryCheck: WireValue {
    /// Reads a request for a check.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "a check")
        self.init(root: try object.string("root"))
        verifiesDigests = try object.boolean("verifiesDigests", default: verifiesDigests)
        repairs = try object.boolean("repairs", default: repairs)
        uploadsOlderThan = try object.optionalValue("uploadsOlderThan") ?? uploadsOlderThan
        jobs = try object.optionalInteger("jobs")
    }

    /// The request as an object.
    package var wire: JSONValue {
        .wire([
            "root": root, "verifiesDigests": verifiesDigests, "repairs": repairs, "uploadsOlderThan": uploadsOlderThan, "jobs": jobs,
        ])
    }
}

extension RegistryStoreReport: WireValue {
    /// Reads a report.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "a registry's report")
        self.init()
        groups = try object.values("groups")
        problems = try object.values("problems")
        failures = try object.values("failed")
        // One that writes no place of a failure by itself has it in front of the words.
        if failures.isEmpty { failures = try object.strings("failures").map { Failure(line: $0) } }
        notes = try object.strings("notes")
        repairs = try object.strings("repairs")
        canBeMendedFurther = try object.boolean("canBeMendedFurther", default: false)
        protection = try object.optionalString("protection")
        unmatched = try object.strings("unmatched")
        trash = try object.optionalString("trash")
        leftInTrash = try object.optionalValue("leftInTrash")
        reclaimed = try object.value("reclaimed")
        freed = try object.optionalValue("freed") ?? .zero
        freedFromTrash = try object.optionalValue("freedFromTrash") ?? .zero
        trashToEmpty = try object.values("trashToEmpty")
        keptUntil = try object.optionalValue("keptUntil")
        wouldBeKeptFor = try object.optionalValue("wouldBeKeptFor")
        counts = try object.values("counts")
        use = try object.optionalValue("use")
        isInterrupted = try object.boolean("isInterrupted", default: false)
        plan = try object.optionalValue("plan")
    }

    /// The report as an object.
    package var wire: JSONValue {
        .wire([
            "groups": groups, "problems": problems, "failures": failures.map(\.line), "failed": failures, "notes": notes,
            "repairs": repairs, "protection": protection,
            "unmatched": unmatched, "trash": trash, "reclaimed": reclaimed, "counts": counts, "use": use, "isInterrupted": isInterrupted,
            "plan": plan, "freed": freed, "freedFromTrash": freedFromTrash, "keptUntil": keptUntil, "wouldBeKeptFor": wouldBeKeptFor,
            "trashToEmpty": trashToEmpty, "canBeMendedFurther": canBeMendedFurther, "leftInTrash": leftInTrash,
        ])
    }
}

extension RegistryStoreReport.Failure: WireValue {
    /// Reads what could not be removed or mended.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "a failure")
        self.init(path: try object.string("path"), try object.string("message"))
    }

    /// The failure as an object.
    package var wire: JSONValue { .wire(["path": path, "message": message]) }

    /// The failure as one line.
    fileprivate var line: String { "\(path): \(message)" }

    /// Takes a line apart at the first colon with a space behind it.
    fileprivate init(line: String) {
        let end = line.firstRange(of: ": ")
        self.init(path: String(line[..<(end?.lowerBound ?? line.endIndex)]), end.map { String(line[$0.upperBound...]) } ?? line)
    }
}

extension RegistryStoreReport.PlanOutcome: WireValue {
    /// Reads what became of a plan.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "what became of a plan")
        self.init(
            planned: try object.integer("planned"),
            madeBefore: try object.integer("madeBefore"),
            left: try object.values("left"),
            unmended: try object.strings("unmended")
        )
    }

    /// What became of it as an object.
    package var wire: JSONValue {
        .wire(["planned": planned, "madeBefore": madeBefore, "left": left, "unmended": unmended])
    }
}

extension RegistryStoreReport.Group: WireValue {
    /// Reads what goes from one repository.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "a group of removals")
        self.init(
            subject: try object.string("subject"),
            counts: try object.values("counts"),
            bytes: try object.value("bytes"),
            removals: try object.values("removals")
        )
    }

    /// The group as an object.
    package var wire: JSONValue { .wire(["subject": subject, "counts": counts, "bytes": bytes, "removals": Array(removals)]) }
}

extension RegistryStoreReport.Count: WireValue {
    /// Reads a count.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "a count")
        self.init(try object.string("kind"), try object.integer("count"))
    }

    /// The count as an object.
    package var wire: JSONValue { .wire(["kind": kind, "count": count]) }
}

extension RegistryStoreReport.Use: WireValue {
    /// Reads who uses what.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "the use of a store")
        self.init(
            repositories: try object.values("repositories"),
            shared: try object.value("shared"),
            unreferenced: try object.value("unreferenced"),
            largestTags: try object.values("largestTags"),
            reclaimable: try object.optionalValue("reclaimable")
        )
    }

    /// The use as an object.
    package var wire: JSONValue {
        .wire([
            "repositories": repositories, "shared": shared, "unreferenced": unreferenced, "largestTags": largestTags,
            "reclaimable": reclaimable,
        ])
    }
}

extension RegistryStoreReport.Use.Reclaimable: WireValue {
    /// Reads what the disk would get back.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "what a plan gives back")
        self.init(
            shared: try object.value("shared"),
            unreferenced: try object.value("unreferenced"),
            uploads: try object.value("uploads")
        )
    }

    /// What the disk would get back as an object.
    package var wire: JSONValue { .wire(["shared": shared, "unreferenced": unreferenced, "uploads": uploads]) }
}

extension RegistryStoreReport.Use.Tag: WireValue {
    /// Reads what a tag reaches.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "what a tag reaches")
        self.init(repository: try object.string("repository"), name: try object.string("name"), bytes: try object.value("bytes"))
    }

    /// The tag as an object.
    package var wire: JSONValue { .wire(["repository": repository, "name": name, "bytes": bytes]) }
}

extension RegistryStoreReport.Use.Repository: WireValue {
    /// Reads a repository's use.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "the use of a repository")
        self.init(
            name: try object.string("name"),
            bytes: try object.value("bytes"),
            reclaimable: try object.optionalValue("reclaimable") ?? .zero
        )
    }

    /// The repository as an object.
    package var wire: JSONValue { .wire(["name": name, "bytes": bytes, "reclaimable": reclaimable]) }
}

extension RegistryStoreReport.Removal: WireValue {
    /// Reads a removal.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "a registry's removal")
        self.init(
            kind: try object.string("kind"),
            path: try object.string("path"),
            reason: try object.string("reason"),
            bytes: try object.value("bytes"),
            digest: try object.optionalValue("digest")
        )
    }

    /// The removal as an object.
    package var wire: JSONValue { .wire(["kind": kind, "path": path, "reason": reason, "bytes": bytes, "digest": digest]) }
}

extension RegistryStoreReport.Problem: WireValue {
    /// Reads a problem.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "a registry's problem")
        self.init(
            kind: try object.string("kind"),
            path: try object.string("path"),
            repository: try object.optionalString("repository"),
            message: try object.string("message"),
            breaksImages: try object.boolean("breaksImages", default: true)
        )
    }

    /// The problem as an object.
    package var wire: JSONValue {
        .wire(["kind": kind, "path": path, "repository": repository, "message": message, "breaksImages": breaksImages])
    }
}
