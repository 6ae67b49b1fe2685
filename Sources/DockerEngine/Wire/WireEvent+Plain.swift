extension WireEvent {
    /// Reads an event; `nil` where it is not as engines write it, and the decoder has to say what it is.
    static func plain(_ document: UnsafeRawBufferPointer) -> WireEvent? {
        PlainJSON.read(document) { reader throws(PlainJSON.NotPlain) in
            var kind: String?
            var action: String?
            var actor: Actor?
            var seconds: Int64?
            var nanoseconds: Int64?
            var seen = SeenMembers()
            try reader.object { reader, name throws(PlainJSON.NotPlain) in
                switch name {
                case "Type":
                    try seen.note(0)
                    kind = try reader.optional { reader throws(PlainJSON.NotPlain) in try reader.text() }
                case "Action":
                    try seen.note(1)
                    action = try reader.optional { reader throws(PlainJSON.NotPlain) in try reader.text() }
                case "Actor":
                    try seen.note(2)
                    actor = try reader.optional(Actor.init(plain:))
                case "time":
                    try seen.note(3)
                    seconds = try reader.optional { reader throws(PlainJSON.NotPlain) in try reader.integer() }
                case "timeNano":
                    try seen.note(4)
                    nanoseconds = try reader.optional { reader throws(PlainJSON.NotPlain) in try reader.integer() }
                default: try reader.skip()
                }
            }
            return WireEvent(kind: kind, action: action, actor: actor, seconds: seconds, nanoseconds: nanoseconds)
        }
    }
}

extension WireEvent.Actor {
    fileprivate init(plain reader: inout PlainJSON) throws(PlainJSON.NotPlain) {
        var id: String?
        var attributes: [String: String]?
        var seen = SeenMembers()
        try reader.object { reader, name throws(PlainJSON.NotPlain) in
            switch name {
            case "ID":
                try seen.note(0)
                id = try reader.optional { reader throws(PlainJSON.NotPlain) in try reader.text() }
            case "Attributes":
                try seen.note(1)
                attributes = try reader.optional { reader throws(PlainJSON.NotPlain) in try reader.textByName() }
            default: try reader.skip()
            }
        }
        self.init(id: id, attributes: attributes)
    }
}
