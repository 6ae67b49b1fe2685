package import PluginWire

extension Command: WireValue {
    /// Reads a command.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "a command")
        self.init(
            arguments: try object.strings("arguments"),
            directory: try object.string("directory"),
            environment: try object.texts("environment"),
            gracePeriod: try object.optionalValue("gracePeriod") ?? .seconds(5)
        )
    }

    /// The command as an object.
    package var wire: JSONValue {
        .wire(["arguments": arguments, "directory": directory, "environment": environment, "gracePeriod": gracePeriod])
    }
}

extension CommandResult: WireValue {
    /// Reads a command's end.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "a command's end")
        let lines = try object.strings("lastLines")
        if let signal = try object.optionalInteger("signal") {
            self.init(status: .signalled(signal), lastLines: lines)
        } else {
            self.init(status: .exited(try object.integer("exitCode")), lastLines: lines)
        }
    }

    /// The end as an object.
    package var wire: JSONValue {
        switch status {
        case .exited(let code): .wire(["exitCode": code, "lastLines": lastLines])
        case .signalled(let signal): .wire(["signal": signal, "lastLines": lastLines])
        }
    }
}

extension ImageArchiveContents: WireValue {
    /// Reads what an archive says.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "an archive")
        let word = try object.string("format")
        guard let format = Format(rawValue: word) else { throw WireMistake("'\(word)' is no format of an archive") }
        self.init(format: format, images: try object.values("images"))
    }

    /// What the archive says, as an object.
    package var wire: JSONValue { .wire(["format": format.rawValue, "images": images]) }
}

extension ImageArchiveContents.Image: WireValue {
    /// Reads an image of an archive.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "an image of an archive")
        self.init(identifier: try object.string("identifier"), references: try object.strings("references"))
    }

    /// The image as an object.
    package var wire: JSONValue { .wire(["identifier": identifier, "references": references]) }
}
