import FoundationEssentials
import HookKit
import NIOSSL

/// The certificates for a registry's TLS: those that the user names, and those that `docker` would find.
///
/// Source: Docker's documentation, "Verify repository client with certificates": in `certs.d/<registry>/` every `*.crt` is an authority, and
/// `*.cert` with `*.key` is what the client shows.
struct RegistryCertificates {
    /// The files with authorities that are trusted beside those of the system.
    let authorities: [String]
    /// The files with the certificate and the key that the client shows.
    let client: (certificate: String, key: String)?

    /// Looks for the files.
    init(of registry: String, named authority: String?, in surroundings: RegistrySurroundings) throws(RegistryError) {
        var authorities = authority.map { [$0] } ?? []
        var client: (String, String)?
        for directory in surroundings.certificateDirectories(of: registry) {
            guard FileManager.default.fileExists(atPath: directory) else { continue }
            let names: [String]
            do {
                names = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
            } catch {
                throw RegistryError(.configuration, "'\(directory)', which may hold the registry's certificates, cannot be listed")
            }
            authorities += names.filter { $0.hasSuffix(".crt") }.map { "\(directory)/\($0)" }
            if let certificate = names.first(where: { $0.hasSuffix(".cert") }) {
                let key = certificate.dropLast(5) + ".key"
                guard names.contains(String(key)) else {
                    throw RegistryError(
                        .configuration,
                        "'\(directory)' holds '\(certificate)' without '\(key)'; a registry that wants a client's certificate needs both"
                    )
                }
                client = ("\(directory)/\(certificate)", "\(directory)/\(key)")
            }
            break
        }
        self.authorities = authorities
        self.client = client
    }

    /// Reads the files, so that what is wrong with them is said before anything is sent.
    func configuration() throws(RegistryError) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        var trusted: [NIOSSLCertificate] = []
        for path in authorities { trusted += try Self.certificates(in: path) }
        // The system's own stay trusted, as with docker.
        if !trusted.isEmpty { configuration.additionalTrustRoots = [.certificates(trusted)] }
        if let client {
            configuration.certificateChain = try Self.certificates(in: client.certificate).map { .certificate($0) }
            do {
                configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: client.key, format: .pem))
            } catch {
                throw RegistryError(
                    .configuration,
                    "'\(client.key)' holds no private key that can be used; it has to be PEM without a passphrase"
                )
            }
        }
        return configuration
    }

    private static func certificates(in path: String) throws(RegistryError) -> [NIOSSLCertificate] {
        let certificates: [NIOSSLCertificate]
        do {
            certificates = try NIOSSLCertificate.fromPEMFile(path)
        } catch {
            throw RegistryError(.configuration, "'\(path)' cannot be read as certificates in PEM")
        }
        guard !certificates.isEmpty else { throw RegistryError(.configuration, "'\(path)' holds no certificate") }
        return certificates
    }
}
