import FoundationEssentials
import HookKit

/// The three files that `docker` keeps for TLS, as far as they are in a directory.
struct CertificateFiles {
    /// The directory.
    let directory: String
    /// `ca.pem`, where it is.
    let authority: String?
    /// `cert.pem`, where it is.
    let certificate: String?
    /// `key.pem`, where it is.
    let key: String?

    /// Looks for the files.
    init(directory: String) {
        self.directory = directory
        func path(_ name: String) -> String? {
            let path = "\(directory)/\(name)"
            return FileManager.default.fileExists(atPath: path) ? path : nil
        }
        authority = path("ca.pem")
        certificate = path("cert.pem")
        key = path("key.pem")
    }

    /// Says whether there is none of them.
    var isEmpty: Bool { authority == nil && certificate == nil && key == nil }

    /// What the files say; a certificate without its key, or the other way round, is refused.
    func tls(verification: EngineTLS.Verification) throws(EngineError) -> EngineTLS {
        guard (certificate == nil) == (key == nil) else {
            throw EngineError(
                .configuration,
                "'\(directory)' holds \(key == nil ? "cert.pem without key.pem" : "key.pem without cert.pem"); "
                    + "the engine's client needs both, or neither"
            )
        }
        return EngineTLS(authority: authority, certificate: certificate, key: key, verification: verification)
    }
}
