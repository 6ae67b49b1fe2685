import HookKit
import NIOSSL

extension EngineTLS {
    /// Reads the certificates, so that what is wrong with them is said before anything is sent.
    func configuration() throws(EngineError) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if verification == .none { configuration.certificateVerification = .none }
        if let authority {
            configuration.trustRoots = .certificates(try Self.certificates(in: authority))
        }
        if let certificate, let key {
            configuration.certificateChain = try Self.certificates(in: certificate).map { .certificate($0) }
            do {
                configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
            } catch {
                throw EngineError(
                    .configuration,
                    "'\(key)' holds no private key that can be used; docker's key.pem is one in PEM without a passphrase"
                )
            }
        }
        return configuration
    }

    private static func certificates(in path: String) throws(EngineError) -> [NIOSSLCertificate] {
        let certificates: [NIOSSLCertificate]
        do {
            certificates = try NIOSSLCertificate.fromPEMFile(path)
        } catch {
            throw EngineError(.configuration, "'\(path)' cannot be read as certificates in PEM")
        }
        guard !certificates.isEmpty else { throw EngineError(.configuration, "'\(path)' holds no certificate") }
        return certificates
    }
}

extension EngineTransport {
    /// What an error of TLS means, and what to try; `nil` for an error of another kind.
    ///
    /// BoringSSL's reasons come as text only.
    func tlsReason(_ error: any Error) -> String? {
        if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname {
            let host = if case .tcp(let host, _) = endpoint.address { host } else { "" }
            return "its certificate was not made for '\(host)'; use the name that it was made for"
        }
        let text = "\(error)".uppercased()
        if text.contains("CERTIFICATE_VERIFY_FAILED") || text.contains("UNABLETOVALIDATECERTIFICATE") {
            return "its certificate does not come from the expected authority; check ca.pem (DOCKER_CERT_PATH)"
        }
        if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") || text.contains("UNEXPECTED_MESSAGE") {
            return "it does not speak TLS on this port; unset DOCKER_TLS_VERIFY, or use the port that does (usually 2376)"
        }
        if text.contains("EOF DURING HANDSHAKE") {
            return "it closed the connection before TLS stood; use the port on which it speaks TLS (usually 2376)"
        }
        for refusal in [
            "CERTIFICATE_REQUIRED", "BAD_CERTIFICATE", "UNKNOWN_CA", "CERTIFICATE_UNKNOWN", "CERTIFICATE_EXPIRED", "ACCESS_DENIED",
        ]
        where text.contains(refusal) {
            return "it refuses this client's certificate; check cert.pem and key.pem (DOCKER_CERT_PATH)"
        }
        guard error is NIOSSLError || error is BoringSSLError || error is NIOSSLExtraError else { return nil }
        return "the TLS handshake failed (\(EngineAnswer.oneLine("\(error)")))"
    }
}
