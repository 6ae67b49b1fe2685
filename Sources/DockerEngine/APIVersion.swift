import HTTPTransport

/// A version of the Docker Engine API: `1.41`.
struct APIVersion: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The number before the point.
    let major: Int
    /// The number behind the point.
    let minor: Int

    /// The newest version that is spoken: with 1.52 the disk usage takes another form, and engines go on to speak this one.
    static let newest = APIVersion(major: 1, minor: 51)
    /// The oldest version that is spoken: Docker 19.03, the first with the build cache as it is used here.
    static let oldest = APIVersion(major: 1, minor: 40)

    /// Makes a version.
    init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// Takes two numbers with a point between them; `nil` for anything else.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.count < 6 && $0.utf8.allSatisfy(\.isDigit) }),
            let major = Int(parts[0]), let minor = Int(parts[1])
        else { return nil }
        self.init(major: major, minor: minor)
    }

    /// The version as it stands in a path, without the `v`.
    var description: String { "\(major).\(minor)" }

    /// Orders by major, then minor number.
    static func < (left: APIVersion, right: APIVersion) -> Bool { (left.major, left.minor) < (right.major, right.minor) }
}
