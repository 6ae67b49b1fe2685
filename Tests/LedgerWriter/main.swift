import HookKit
import OCI
import TagLedger

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

// Records one observation in a ledger, in a process of its own, for tests of what several processes do to one file and of what a process
// without rights or room is told:
//
//     ledger-writer PATH REFERENCE IMAGE RUN [user UID] [file-size BYTES]
//
// It prints what the observation meant, or the error's code and sentence, and ends with 0 or 1.

/// Ends the process with a sentence about its command line.
func refuse(_ sentence: String) -> Never {
    print(sentence)
    exit(64)
}

let arguments = CommandLine.arguments.dropFirst()
guard arguments.count >= 4, arguments.count.isMultiple(of: 2) else {
    refuse("ledger-writer PATH REFERENCE IMAGE RUN [user UID] [file-size BYTES]")
}
let words = Array(arguments)
guard let reference = ImageReference(words[1]) else { refuse("'\(words[1])' is no reference") }
guard let image = Digest(words[2]) else { refuse("'\(words[2])' is no image ID") }
for index in stride(from: 4, to: words.count, by: 2) {
    guard let number = UInt32(words[index + 1]) else { refuse("'\(words[index + 1])' is no number") }
    switch words[index] {
    case "user":
        // Who gives up the rights of root does it for good; who has none is that user already.
        if geteuid() == 0, setgid(number) != 0 || setuid(number) != 0 { refuse("cannot become user \(number)") }
    case "file-size":
        // Without this, the signal would end the process before write(2) can fail.
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit(rlim_cur: rlim_t(number), rlim_max: rlim_t(number))
        #if canImport(Glibc)
            let resource = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
        #else
            let resource = RLIMIT_FSIZE
        #endif
        if setrlimit(resource, &limit) != 0 { refuse("cannot limit the size of files") }
    default:
        refuse("there is no '\(words[index])'")
    }
}

do {
    let ledger = try await SQLiteLedger.open(path: words[0], access: .readWrite, waitingAtMost: .seconds(600))
    let engine = EngineIdentity(
        identifier: "engine",
        name: "host",
        product: "Docker 20.10.24",
        apiVersion: "1.41",
        imageStore: .classic,
        endpoint: "unix:///var/run/docker.sock"
    )
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let changes = try await ledger.record(
        [TagObservation(reference: reference, image: image)],
        on: engine,
        by: BuildRecord(run: words[3], pipeline: "writers"),
        at: Timestamp(nanoseconds: Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec))
    )
    for change in changes {
        switch change.kind {
        case .new: print("new")
        case .unchanged: print("unchanged")
        case .moved: print("moved")
        }
    }
} catch let error as LedgerError {
    print(error.description)
    exit(1)
}
