import HTTPTransport

/// A request to a token's server.
struct TokenRequest: Sendable {
    /// The server.
    let address: WebAddress
    /// Names and values, not escaped.
    let form: [(name: String, value: String)]
    /// The header field that shows who asks.
    let authorization: String?
    /// Says whether the form goes as a body, as a secret in it must; else it goes in the query.
    let isForm: Bool

    /// Describes a request.
    init(address: WebAddress, form: [(String, String)], authorization: String?, isForm: Bool) {
        self.address = address
        self.form = form.map { (name: $0.0, value: $0.1) }
        self.authorization = authorization
        self.isForm = isForm
    }

    /// The form, escaped.
    var encoded: String { form.map { "\($0.name)=\($0.value.percentEncoded(keeping: ""))" }.joined(separator: "&") }

    /// The address that is asked.
    var target: WebAddress {
        if isForm || form.isEmpty { return address }
        let sign = address.target.contains("?") ? "&" : "?"
        return WebAddress(scheme: address.scheme, host: address.host, port: address.port, target: address.target + sign + encoded)
    }
}
