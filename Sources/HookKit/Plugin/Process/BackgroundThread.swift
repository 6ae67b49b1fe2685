#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A thread for a call that blocks, which tasks must not.
package enum BackgroundThread {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Runs a body on a new thread.
    package static func start(_ body: @escaping @Sendable () -> Void) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let body = Unmanaged.passRetained(Body(body)).toOpaque()
        let failure = pthread_create(
            &thread,
            &attributes,
            { body in
                guard let body else { preconditionFailure("a thread starts with its body") }
                Unmanaged<Body>.fromOpaque(body).takeRetainedValue().run()
                return nil
            },
            body
        )
        precondition(failure == 0, "pthread_create: \(String(cString: strerror(failure)))")
    }
}
