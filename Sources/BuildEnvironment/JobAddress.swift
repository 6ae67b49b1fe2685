/// The address of a job, fit to be shown and kept.
enum JobAddress {
    /// The address without a user's name and password in it; `nil` where it cannot be looked at.
    static func `public`(_ address: String) -> String? {
        guard let scheme = ["https://", "http://"].first(where: { address.lowercased().hasPrefix($0) }) else { return nil }
        let rest = address.dropFirst(scheme.count)
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        // The last one: a password may hold an `@`.
        let host = rest[..<end].lastIndex(of: "@").map { rest[rest.index(after: $0)..<end] } ?? rest[..<end]
        // What Jenkins says for its own name where nobody told it.
        guard !host.isEmpty, host != "unconfigured-jenkins-location" else { return nil }
        return scheme + host + rest[end...]
    }

    /// A text as a part of a path: everything but letters, digits and `-._~` as `%XX`.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for byte in text.utf8 {
            let scalar = Unicode.Scalar(byte)
            let isPlain =
                ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
                || "-._~".unicodeScalars.contains(scalar)
            if isPlain {
                escaped.unicodeScalars.append(scalar)
            } else {
                let hex = String(byte, radix: 16, uppercase: true)
                escaped += hex.count == 1 ? "%0\(hex)" : "%\(hex)"
            }
        }
        return escaped
    }
}
