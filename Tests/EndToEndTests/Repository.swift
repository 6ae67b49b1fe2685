#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where the repository, its scripts and the built program lie.
enum Repository {
    /// The repository's root.
    static let root: String = {
        let parts = #filePath.split(separator: "/").dropLast(3)
        return "/" + parts.joined(separator: "/")
    }()

    /// The program that the tests run: what `ci/test` built, or the debug build.
    static let hook: String = variable("HOOK_TEST_BINARY") ?? "\(root)/.build/debug/hook"

    /// Whether tests with real services run: they do wherever services can be started, and must where the environment says so.
    static let servicesAreRequired = variable("HOOK_TESTS_REQUIRE_SERVICES") == "1"
    static let servicesAreAvailable = servicesAreRequired || (variable("HOOK_TEST_DOCKER") != nil)
    static let podmanIsAvailable = servicesAreRequired || (variable("HOOK_TEST_PODMAN") != nil)

    /// A variable of the environment.
    static func variable(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }
}
