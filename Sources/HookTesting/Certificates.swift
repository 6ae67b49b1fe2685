/// Authorities and certificates, made by openssl for one test.
package struct Certificates: Sendable {
    let directory: TemporaryDirectory

    /// Makes them in a directory.
    package init(directory: TemporaryDirectory) { self.directory = directory }

    private func openssl(_ arguments: String) async throws {
        let outcome = try await runProcess(["openssl"] + arguments.split(separator: " ").map(String.init), directory: directory.path)
        guard outcome.exitCode == 0 else { throw ProcessFailure("\(outcome)") }
    }

    private static let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"

    /// Makes an authority; the path of its certificate.
    package func makeAuthority(_ name: String) async throws -> String {
        try await openssl("req -x509 \(Self.key) -days 2 -subj /CN=\(name) -keyout \(name).key -out \(name).pem")
        return directory["\(name).pem"]
    }

    /// Makes a certificate that an authority signs; the paths of certificate and key.
    package func makeCertificate(_ name: String, authority: String, names: String) async throws -> (certificate: String, key: String) {
        try await openssl("req \(Self.key) -subj /CN=\(name) -keyout \(name).key -out \(name).csr")
        try directory.write("subjectAltName=\(names)\n", to: "\(name).ext")
        try await openssl(
            "x509 -req -in \(name).csr -CA \(authority).pem -CAkey \(authority).key -CAcreateserial -days 2 -extfile \(name).ext -out \(name).pem"
        )
        return (directory["\(name).pem"], directory["\(name).key"])
    }
}
