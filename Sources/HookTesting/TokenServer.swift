import Foundation

/// A small server of tokens, whose tokens a real registry accepts: signed with a key whose certificate the registry was given.
///
/// Source: distribution, "Token Authentication Implementation".
package final class TokenServer: Sendable {
    package let directory: TemporaryDirectory
    package let server: ScriptedServer

    /// What a user may do in every repository.
    package static let actions: Set = ["pull", "push", "delete", "*"]

    /// Starts a server, hands it over, and ends it.
    package static func withOne(_ body: (TokenServer) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        let made = try await runProcess(
            [
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=tokens", "-keyout", "key.pem",
                "-out", "cert.pem",
            ],
            directory: directory.path
        )
        guard made.exitCode == 0 else { throw ProcessFailure("\(made)") }
        try await ScriptedServer.withOne(on: .loopback) { request in
            do {
                return try await answer(request, directory)
            } catch {
                return .whole("\(error)", status: 500)
            }
        } body: { server async throws in
            try await body(TokenServer(directory, server))
        }
    }

    private init(_ directory: TemporaryDirectory, _ server: ScriptedServer) {
        self.directory = directory
        self.server = server
    }

    /// What stands under `auth` in the registry's configuration.
    package var configuration: String {
        """
          token:
            realm: http://127.0.0.1:\(server.port)/token
            service: tests
            issuer: issuer
            rootcertbundle: \(directory["cert.pem"])
        """
    }

    /// A token for a test's own pushes.
    package func token(_ repository: String) async throws -> String {
        try await Self.token([(type: "repository", name: repository, actions: ["pull", "push"])], directory)
    }

    private static func answer(_ request: ScriptedRequest, _ directory: TemporaryDirectory) async throws -> ScriptedAnswer {
        var form = String(decoding: request.body, as: UTF8.self)
        if request.method == "GET" { form = String(request.target.drop { $0 != "?" }.dropFirst()) }
        let fields = form.split(separator: "&").map { field in
            let parts = field.split(separator: "=", maxSplits: 1).map { String($0).removingPercentEncoding ?? "" }
            return (name: parts[0], value: parts.count == 2 ? parts[1] : "")
        }
        func value(_ name: String) -> String? { fields.first { $0.name == name }?.value }
        let basic = "Basic " + Data("\(RegistryServer.user):\(RegistryServer.password)".utf8).base64EncodedString()
        let isUser =
            request.header("Authorization") == basic
            || (value("grant_type") == "refresh_token" && value("refresh_token") == "identity-4711")
        guard isUser || request.header("Authorization") == nil && value("refresh_token") == nil else {
            return .whole(#"{"details":"incorrect username or password"}"#, status: 401)
        }
        let scopes = fields.filter { $0.name == "scope" }.map { scope in
            let parts = scope.value.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            let asked = parts.last?.split(separator: ",").map(String.init) ?? []
            let name = parts.dropFirst().dropLast().joined(separator: ":")
            // Who shows nothing may read what is public.
            let granted = isUser ? asked : name.hasPrefix("public/") ? asked.filter { $0 == "pull" } : []
            return (type: parts[0], name: name, actions: granted)
        }
        return .whole(#"{"token":"\#(try await token(scopes, directory))","expires_in":300}"#)
    }

    private static func token(_ scopes: [(type: String, name: String, actions: [String])], _ directory: TemporaryDirectory) async throws
        -> String
    {
        let certificate = try directory.text(of: "cert.pem").split(separator: "\n").filter { !$0.hasPrefix("-") }.joined()
        let access = scopes.map { scope in
            #"{"type":"\#(scope.type)","name":"\#(scope.name)","actions":[\#(scope.actions.map { "\"\($0)\"" }.joined(separator: ","))]}"#
        }
        let now = Int(Date().timeIntervalSince1970)
        let header = #"{"typ":"JWT","alg":"RS256","x5c":["\#(certificate)"]}"#
        let claims =
            #"{"iss":"issuer","sub":"ann","aud":"tests","exp":\#(now + 300),"nbf":\#(now - 60),"iat":\#(now - 60),"jti":"1","access":[\#(access.joined(separator: ","))]}"#
        let signed = encoded(Data(header.utf8)) + "." + encoded(Data(claims.utf8))
        let outcome = try await runProcess(
            ["openssl", "dgst", "-sha256", "-sign", directory["key.pem"]],
            input: .text(signed)
        )
        guard outcome.exitCode == 0 else { throw ProcessFailure("\(outcome)") }
        return signed + "." + encoded(Data(outcome.outputBytes))
    }

    private static func encoded(_ data: Data) -> String {
        data.base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_").filter { $0 != "=" }
    }
}
