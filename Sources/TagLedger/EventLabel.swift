import OCI

/// What an attribute of an event says, as its column holds it.
enum EventLabel: Hashable, Sendable {
    /// The digest that another column of the row holds already, stored as no bytes: the actor of a name, the subject of an image.
    case same
    /// Anything else.
    case name(EventName)

    /// Takes the text of an attribute that says what an image is called by.
    init(_ text: String, beside other: EventName?) {
        if case .bytes(let bytes) = other, Digest(bytes: bytes)?.description == text {
            self = .same
        } else {
            self = .name(.shared(text))
        }
    }
}
