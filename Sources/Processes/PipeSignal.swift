#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Keeps SIGPIPE from this thread while it writes, and takes back one that came meanwhile: pthread_sigmask(3), sigtimedwait(2).
///
/// The signal's action stays as it is: the programs that are started would inherit another.
package func withoutPipeSignal<Result>(_ body: () -> Result) -> Result {
    var pipeSignal = sigset_t()
    var before = sigset_t()
    sigemptyset(&pipeSignal)
    sigaddset(&pipeSignal, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &pipeSignal, &before)
    let result = body()
    let error = errno
    var noTime = timespec()
    sigtimedwait(&pipeSignal, nil, &noTime)
    pthread_sigmask(SIG_SETMASK, &before, nil)
    errno = error
    return result
}
