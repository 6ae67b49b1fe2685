import NIOSSL

/// What kept a connection with TLS from standing.
package enum TLSProblem: Hashable, Sendable {
    /// The certificate was made for another name.
    case wrongHost
    /// The certificate does not come from an authority that is trusted.
    case unknownAuthority
    /// The other side speaks no TLS.
    case notSpoken
    /// The other side closed the connection during the handshake.
    case closed
    /// The other side refuses this side's certificate.
    case clientRefused
    /// Something else, as one line.
    case other(String)

    /// Reads an error; `nil` for one that is not of TLS.
    ///
    /// BoringSSL's reasons come as text only.
    package init?(_ error: any Error) {
        if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname {
            self = .wrongHost
            return
        }
        let text = "\(error)".uppercased()
        func says(_ words: String...) -> Bool { words.contains { text.contains($0) } }
        if says("CERTIFICATE_VERIFY_FAILED", "UNABLETOVALIDATECERTIFICATE") {
            self = .unknownAuthority
        } else if says("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNEXPECTED_MESSAGE") {
            self = .notSpoken
        } else if says("EOF DURING HANDSHAKE") {
            self = .closed
        } else if says(
            "CERTIFICATE_REQUIRED",
            "BAD_CERTIFICATE",
            "UNKNOWN_CA",
            "CERTIFICATE_UNKNOWN",
            "CERTIFICATE_EXPIRED",
            "ACCESS_DENIED"
        ) {
            self = .clientRefused
        } else if error is NIOSSLError || error is BoringSSLError || error is NIOSSLExtraError {
            self = .other("\(error)".oneLine)
        } else {
            return nil
        }
    }
}
