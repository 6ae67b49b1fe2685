import FoundationEssentials
import HTTPTransport
import HookKit
import Processes

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A program that keeps credentials: `docker-credential-<name>`.
///
/// Source: docker/docker-credential-helpers: `get` reads the registry's key from its input and writes JSON; an error is a text on its output.
struct CredentialHelper: Sendable {
    private struct Answer: Decodable {
        let name: String?
        let secret: String

        enum CodingKeys: String, CodingKey {
            case name = "Username"
            case secret = "Secret"
        }
    }

    private static let limit = Duration.seconds(60)
    private static let longestAnswer = 1 << 20
    private let program: String
    private let searchPath: String?

    /// Takes the name that docker's configuration gives; what could be a path is refused.
    init(_ name: String, environment: [String: String]) throws(RegistryError) {
        guard name.utf8.allSatisfy({ $0.isUnreserved }), !name.contains("..") else {
            throw RegistryError(
                .configuration,
                "docker's configuration names the credential helper '\(name.oneLine)', which is no name of a program"
            )
        }
        program = "docker-credential-\(name)"
        searchPath = environment["PATH"]
    }

    /// What the helper keeps for a registry; `nil` where it keeps nothing.
    func credential(for key: String) async throws -> RegistryCredential? {
        let (status, output) = try await run(input: key)
        let text = String(decoding: output, as: UTF8.self).oneLine
        guard status == .exited(0) else {
            if text.lowercased().contains("credentials not found") { return nil }
            throw RegistryError(
                .configuration,
                "'\(program) get' failed for '\(key)': \(text.isEmpty ? "it said nothing" : text); repair it, or remove it from docker's configuration"
            )
        }
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(output)) else {
            // What it wrote may hold the secret.
            throw RegistryError(.configuration, "'\(program) get' answered for '\(key)' with something that is no credential")
        }
        guard let name = answer.name, name != "<token>" else { return .identityToken(answer.secret) }
        return name.isEmpty && answer.secret.isEmpty ? nil : .password(user: name, secret: answer.secret)
    }

    private func run(input: String) async throws -> (CommandResult.Status, [UInt8]) {
        do {
            let filter = try FilterProcess([program, "get"], searchPath: searchPath)
            let descriptor = try Self.input(holding: input)
            defer { close(descriptor) }
            return try await withTimeLimit(Self.limit) {
                var output: [UInt8] = []
                let end = try await filter.run(input: descriptor) { bytes in
                    output += bytes.prefix(Self.longestAnswer - output.count)
                }
                return (end.status, output)
            }
        } catch is TimeLimitPassed {
            throw RegistryError(.timeout, "'\(program) get' did not answer within \(Self.limit.approximateText)")
        } catch let error as CommandError {
            throw RegistryError(.configuration, "docker's configuration names a credential helper: \(error)")
        }
    }

    /// The reading end of a pipe that holds a short text; the caller closes it.
    private static func input(holding text: String) throws(RegistryError) -> Int32 {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw RegistryError(.configuration, "no pipe can be made for a credential helper: too many files are open")
        }
        _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
        _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
        // A pipe takes 4096 bytes without a reader, a registry's name has 255 at most.
        let bytes = Array(text.utf8.prefix(4096))
        _ = write(ends[1], bytes, bytes.count)
        close(ends[1])
        return ends[0]
    }
}
