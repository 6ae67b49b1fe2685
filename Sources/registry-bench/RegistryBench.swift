import Glibc
import RegistryStorage
import StorageFixtures

/// The measurements' own program: writes stores, collects them, and does the least that any collector must do.
///
///     registry-bench make STORE GARBAGE [repositories manifests tags [own layers of an image]]
///     registry-bench gc STORE [--dry-run] [--delete-untagged] [--trash] [--jobs N] [--check] [--kill-at N]
///     registry-bench restore STORE [--kill-at N]
///     registry-bench floor STORE GARBAGE [--dry-run]
@main
struct RegistryBench {
    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch arguments.first {
        case "make" where arguments.count >= 3: make(Array(arguments.dropFirst()))
        case "gc" where arguments.count >= 2: try await Collection(arguments: Array(arguments.dropFirst())).run()
        case "restore" where arguments.count >= 2: try Collection(arguments: Array(arguments.dropFirst())).restore()
        case "floor" where arguments.count >= 3: try Floor(arguments: Array(arguments.dropFirst())).run()
        default: fail("usage: registry-bench make|gc|restore|floor STORE ...")
        }
    }

    static func fail(_ message: String) -> Never {
        let line = Array("registry-bench: \(message)\n".utf8)
        // Nobody is left to tell when standard error is gone.
        _ = Glibc.write(2, line, line.count)
        exit(64)
    }

    private static func make(_ arguments: [String]) {
        var shape = SizedStore.Shape()
        if arguments.count >= 5, let repositories = Int(arguments[2]), let manifests = Int(arguments[3]), let tags = Int(arguments[4]) {
            (shape.repositories, shape.manifests, shape.tags) = (repositories, manifests, tags)
            if arguments.count >= 6, let layers = Int(arguments[5]) { shape.ownLayers = layers }
        }
        let store = SizedStore(StoreBuilder(path: arguments[0]), shape)
        guard let file = fopen(arguments[1], "w") else { fail("cannot write \(arguments[1])") }
        for path in store.garbage { fputs(path + "\n", file) }
        fclose(file)
    }
}
