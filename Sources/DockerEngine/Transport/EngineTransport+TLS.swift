import HTTPTransport
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
    func tlsReason(_ error: any Error) -> String? {
        switch TLSProblem(error) {
        case .wrongHost:
            let host = if case .tcp(let host, _) = endpoint.address { host } else { "" }
            return "its certificate was not made for '\(host)'; use the name that it was made for"
        case .unknownAuthority: return "its certificate does not come from the expected authority; check ca.pem (DOCKER_CERT_PATH)"
        case .notSpoken: return "it does not speak TLS on this port; unset DOCKER_TLS_VERIFY, or use the port that does (usually 2376)"
        case .closed: return "it closed the connection before TLS stood; use the port on which it speaks TLS (usually 2376)"
        case .clientRefused: return "it refuses this client's certificate; check cert.pem and key.pem (DOCKER_CERT_PATH)"
        case .other(let text): return "the TLS handshake failed (\(text))"
        case nil: return nil
        }
    }
}
