import Dispatch

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Turns the first SIGINT or SIGTERM into a cancellation; the second of the same kind ends the process at once.
final class TerminationSignals {
    private let sources: [any DispatchSourceSignal]

    /// Returns when the signals are heard; until then they have their default action, and none is lost in between.
    init(cancel: @escaping @Sendable () -> Void) async {
        var sources: [any DispatchSourceSignal] = []
        for number in [SIGINT, SIGTERM] {
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                signal(number, SIG_DFL)
                cancel()
            }
            await withCheckedContinuation { continuation in
                source.setRegistrationHandler {
                    #if canImport(Darwin)
                        // A kqueue hears of a signal, and does not keep its default action from ending the process; elsewhere a handler does.
                        signal(number, SIG_IGN)
                    #endif
                    continuation.resume()
                }
                source.resume()
            }
            sources.append(source)
        }
        self.sources = sources
    }

    /// Gives the signals their default action back.
    func stop() {
        for source in sources { source.cancel() }
        for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
    }
}
