import Glibc

/// An open file or directory, closed when its owner lets go of it.
package struct Descriptor: ~Copyable, Sendable {
    /// The number of the descriptor.
    package let number: Int32

    init(_ number: Int32) {
        self.number = number
    }

    deinit {
        // Nothing is written through these descriptors without `fsync`, so that an error of `close` has nothing to tell.
        _ = Glibc.close(number)
    }
}
