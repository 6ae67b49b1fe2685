package import PluginWire

extension PlannedChange: WireValue {
    /// Reads a change.
    package init(wire value: JSONValue) throws(WireMistake) {
        let object = try WireObject(value, "a planned change")
        try object.allowOnly(["action", "target", "subject", "state"])
        let target = try object.string("target")
        self.init(
            Action(rawValue: try object.string("action")),
            target,
            subject: try object.optionalString("subject") ?? target,
            state: try object.mapping("state") { (value) throws(WireMistake) in try [String](wire: value) }
        )
    }

    /// The change as an object.
    package var wire: JSONValue {
        .wire(["action": action.rawValue, "target": target, "subject": subject, "state": JSONValue.wire(state)])
    }
}
