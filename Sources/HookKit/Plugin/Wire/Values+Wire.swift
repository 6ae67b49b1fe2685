package import PluginWire

extension Digest: WireValue {
    /// `sha256:…`.
    package init(wire value: JSONValue) throws(WireMistake) {
        let text = try String(wire: value)
        guard let digest = Digest(text) else { throw WireMistake("'\(text.prefix(80))' is no digest") }
        self = digest
    }
    /// `sha256:…`.
    package var wire: JSONValue { .string(description) }
}

extension ImageReference: WireValue {
    /// A reference as the docker command line prints it.
    package init(wire value: JSONValue) throws(WireMistake) {
        let text = try String(wire: value)
        guard let reference = ImageReference(text) else { throw WireMistake("'\(text.prefix(80))' is no image reference") }
        self = reference
    }
    /// The reference as the docker command line prints it.
    package var wire: JSONValue { .string(description) }
}

extension ByteSize: WireValue {
    /// A number of bytes.
    package init(wire value: JSONValue) throws(WireMistake) { self.init(bytes: Int64(try Int(wire: value))) }
    /// The number of bytes.
    package var wire: JSONValue { .integer(Int(bytes)) }
}

extension Duration: WireValue {
    /// A number of milliseconds.
    package init(wire value: JSONValue) throws(WireMistake) { self = .milliseconds(try Int(wire: value)) }
    /// The number of milliseconds, rounded down.
    package var wire: JSONValue { .integer(Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)) }
}

extension Timestamp: WireValue {
    /// A time as in RFC 3339, or a number of nanoseconds since 1970.
    package init(wire value: JSONValue) throws(WireMistake) {
        if case .integer(let nanoseconds) = value {
            self.init(nanoseconds: Int64(nanoseconds))
            return
        }
        let text = try String(wire: value)
        guard let time = Timestamp(rfc3339: text) else { throw WireMistake("'\(text.prefix(80))' is no time as in RFC 3339") }
        self = time
    }

    /// The time with its nanoseconds, as in RFC 3339; the first and the last year that can be counted, as a number.
    package var wire: JSONValue {
        let text = description.dropLast()
        let fraction = nanoseconds - seconds * 1_000_000_000
        let digits = String(fraction)
        let full = fraction == 0 ? "\(text)Z" : "\(text).\(String(repeating: "0", count: 9 - digits.count))\(digits)Z"
        return Timestamp(rfc3339: full) == self ? .string(full) : .integer(Int(nanoseconds))
    }
}
