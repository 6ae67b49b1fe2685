extension ConfigValue {
    /// Takes a value from a message, which has no places.
    package init(_ value: JSONValue) { self.init(value, place: { nil }) }

    /// Takes a value from a message; `place` gives each value its place, parents before what they hold.
    package init(_ value: JSONValue, place: () -> SourcePosition?) {
        let position = place()
        let content: Content =
            switch value {
            case .null: .null
            case .boolean(let flag): .boolean(flag)
            case .integer(let number): .integer(number)
            case .number(let number): .number(number)
            case .string(let text): .string(text)
            case .array(let elements): .sequence(elements.map { ConfigValue($0, place: place) })
            case .object(let members):
                .mapping(
                    members.map { member in
                        let key = place()
                        return Entry(key: member.name, keyPosition: key, value: ConfigValue(member.value, place: place))
                    }
                )
            }
        self.init(content, at: position)
    }
}
