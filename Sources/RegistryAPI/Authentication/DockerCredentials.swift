import FoundationEssentials
import HTTPTransport
import HookKit
import OCI

/// The credentials that `docker` would use for a registry.
///
/// Sources: docker/cli, `cli/config/configfile` and `cli/config/credentials`: a helper of `credHelpers` for the registry, else `credsStore`, else
/// `auths`; since 28.3 the variable DOCKER_AUTH_CONFIG with the same JSON comes first. GitLab's CI_REGISTRY, CI_REGISTRY_USER and
/// CI_REGISTRY_PASSWORD come last.
struct DockerCredentials: Sendable {
    private struct Configuration: Decodable {
        struct Entry: Decodable {
            let auth: String?
            let username: String?
            let password: String?
            let identitytoken: String?
            let registrytoken: String?
        }

        let auths: [String: Entry]?
        let credHelpers: [String: String]?
        let credsStore: String?
    }

    private let surroundings: RegistrySurroundings

    /// Looks in these surroundings.
    init(_ surroundings: RegistrySurroundings) { self.surroundings = surroundings }

    private var file: String { "\(surroundings.dockerDirectory)/config.json" }

    /// The credential for a registry; `nil` where there is none.
    func credential(for registry: String) async throws -> RegistryCredential? {
        // Docker Hub's own credentials are kept under the address of its first API.
        let key = registry == ImageReference.defaultRegistry ? "https://index.docker.io/v1/" : registry
        if let text = surroundings.variable("DOCKER_AUTH_CONFIG") {
            let configuration = try decode(Data(text.utf8), from: "the variable DOCKER_AUTH_CONFIG")
            if let found = try credential(in: configuration, key, "the variable DOCKER_AUTH_CONFIG") { return found }
        }
        if let configuration = try readFile() {
            if let helper = configuration.credHelpers?[key] ?? configuration.credsStore, !helper.isEmpty {
                let helper = try CredentialHelper(helper, environment: surroundings.environment)
                if let found = try await helper.credential(for: key) { return found }
            }
            if let found = try credential(in: configuration, key, "'\(file)'") { return found }
        }
        if surroundings.variable("CI_REGISTRY") == registry, let user = surroundings.variable("CI_REGISTRY_USER"),
            let secret = surroundings.variable("CI_REGISTRY_PASSWORD")
        {
            return .password(user: user, secret: secret)
        }
        return nil
    }

    private func readFile() throws(RegistryError) -> Configuration? {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: file))
        } catch let error as CocoaError where error.code == .fileReadNoSuchFile {
            return nil
        } catch {
            throw RegistryError(.configuration, "'\(file)', which holds the registries' credentials, cannot be read; make it readable")
        }
        return try decode(data, from: "'\(file)'")
    }

    private func decode(_ data: Data, from source: String) throws(RegistryError) -> Configuration {
        do {
            return try JSONDecoder().decode(Configuration.self, from: data)
        } catch {
            // The decoder's own words could show a part of the text.
            throw RegistryError(.configuration, "\(source) is not what `docker login` writes; repair it")
        }
    }

    private func credential(in configuration: Configuration, _ key: String, _ source: String) throws(RegistryError) -> RegistryCredential? {
        guard let entry = Self.entry(in: configuration.auths ?? [:], key) else { return nil }
        if let token = entry.identitytoken, !token.isEmpty { return .identityToken(token) }
        if let token = entry.registrytoken, !token.isEmpty { return .registryToken(token) }
        if let auth = entry.auth, !auth.isEmpty {
            guard let data = Data(base64Encoded: auth), let text = String(validating: data, as: UTF8.self),
                let colon = text.firstIndex(of: ":")
            else {
                throw RegistryError(.configuration, "what \(source) holds for '\(key)' is no name and password; run: docker login \(key)")
            }
            // An old docker padded passwords with NUL.
            let secret = text[text.index(after: colon)...].filter { $0 != "\0" }
            return .password(user: String(text[..<colon]), secret: String(secret))
        }
        guard let user = entry.username, let secret = entry.password, !user.isEmpty else { return nil }
        return .password(user: user, secret: secret)
    }

    private static func entry(in auths: [String: Configuration.Entry], _ key: String) -> Configuration.Entry? {
        if let entry = auths[key] { return entry }
        // Older versions wrote whole addresses.
        return auths.sorted { $0.key < $1.key }.first { hostname(of: $0.key) == hostname(of: key) }?.value
    }

    private static func hostname(of key: String) -> String {
        var rest = Substring(key)
        for scheme in ["https://", "http://"] where rest.hasPrefix(scheme) { rest = rest.dropFirst(scheme.count) }
        return String(rest.prefix { $0 != "/" })
    }
}
