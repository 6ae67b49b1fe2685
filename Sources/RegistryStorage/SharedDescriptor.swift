/// An open directory that may also be absent: an optional `Descriptor` could be used only once.
final class SharedDescriptor: Sendable {
    /// The number of the descriptor.
    let number: Int32
    private let descriptor: Descriptor

    init(_ descriptor: consuming Descriptor) {
        number = descriptor.number
        self.descriptor = descriptor
    }
}
