import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Turns the first SIGINT or SIGTERM into a cancellation; the second of the same kind ends the process at once.
///
/// That holds until the process exits, and the default action never comes back by itself: a signal that arrives with the last report may reach its thread
/// only after the work, and must not change how the process ends.
final class TerminationSignals {
    private let sources: [any DispatchSourceSignal]

    /// Returns when the signals are heard; until then they have their default action, and none is lost in between.
    ///
    /// - Parameter erasesLine: says whether the second signal finds a line on the terminal that is not to stay there.
    init(erasesLine: Bool, cancel: @escaping @Sendable () -> Void) async {
        let heard = Mutex(Set<Int32>())
        var sources: [any DispatchSourceSignal] = []
        for number in [SIGINT, SIGTERM] {
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                // Where every thread blocks the signal by then, as Dispatch's own do, no handler gets the second one, and it comes here.
                guard heard.withLock({ $0.insert(number).inserted }) else { return Self.end(by: number, erasesLine: erasesLine) }
                signal(number, erasesLine ? Self.eraseLineAndEnd : SIG_DFL)
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

    private static let eraseLineAndEnd: @convention(c) (Int32) -> Void = { end(by: $0, erasesLine: true) }

    /// Erases the line on standard error, and lets the signal end the process: write(2), signal(2), pthread_sigmask(3) and raise(3), all of
    /// which a signal's handler may call.
    private static func end(by number: Int32, erasesLine: Bool) {
        if erasesLine {
            let erase: StaticString = "\r\u{1B}[K"
            write(STDERR_FILENO, erase.utf8Start, erase.utf8CodeUnitCount)
        }
        signal(number, SIG_DFL)
        var own = sigset_t()
        sigemptyset(&own)
        sigaddset(&own, number)
        pthread_sigmask(SIG_UNBLOCK, &own, nil)
        raise(number)
    }
}
