public import HookKit
import Synchronization

/// Registries in memory.
public final class FakeRegistries: Registries {
    /// What the registries let their user do.
    public enum Access: Sendable {
        /// Everything.
        case changes
        /// In a dry run every deletion throws.
        case dryRun
    }

    private let fakes: [String: FakeRegistry]

    /// Makes registries.
    public init(_ registries: [String: ExampleRegistry], access: Access = .changes) {
        fakes = Dictionary(uniqueKeysWithValues: registries.map { ($0.key, FakeRegistry($0.key, $0.value, access: access)) })
    }

    /// The registry at an address; one that the world does not hold refuses the connection.
    public func registry(at address: RegistryAddress) async throws -> any Registry {
        var name = Substring(address.name)
        for scheme in ["https://", "http://"] where name.hasPrefix(scheme) { name = name.dropFirst(scheme.count) }
        guard let fake = fakes[String(name)] else {
            throw RegistryError(.refused, "the registry '\(name)' cannot be reached for 'GET /v2/': connection refused")
        }
        return fake
    }

    /// The registry with a name, to look at; `nil` where there is none.
    public subscript(name: String) -> FakeRegistry? { fakes[name] }

    /// Everything that the registries hold, to be compared before and after.
    public var state: [String: ExampleRegistry] { fakes.mapValues(\.state) }
}
