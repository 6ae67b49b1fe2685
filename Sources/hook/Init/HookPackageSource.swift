import HookKit

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where a plugin's package finds hook's own.
struct HookPackageSource {
    private let place: String
    private let isAddress: Bool

    /// Takes a directory, or the address of a repository.
    init(_ text: String, in directory: String) {
        isAddress = text.contains("://") || text.hasPrefix("git@")
        place = isAddress ? text : Self.resolved(ConfigPath(text, in: directory).absolute)
    }

    /// Looks for hook's package above files and directories.
    static func find(from paths: [String]) -> HookPackageSource? {
        for path in paths {
            var current = Substring(resolved(path))
            while let slash = current.lastIndex(of: "/") {
                current = current[..<slash]
                if isPackage(String(current)) {
                    return HookPackageSource(String(current), in: "/")
                }
            }
        }
        return nil
    }

    /// The dependency as the manifest of a package in a directory has it.
    func dependency(from directory: String) -> String {
        if isAddress { return ".package(url: \"\(place)\", branch: \"main\")" }
        // Below `Sources` lies HookKit by itself, for which nothing must be fetched.
        return ".package(name: \"hook\", path: \"\(Self.relative("\(place)/Sources", from: Self.resolved(directory)))\")"
    }

    private static func isPackage(_ directory: String) -> Bool {
        access("\(directory)/Package.swift", F_OK) == 0 && access("\(directory)/Sources/HookKit/Rules/RulePlugin.swift", F_OK) == 0
    }

    /// The path by way of the directories that both have; the whole path where they have none but the root.
    private static func relative(_ path: String, from directory: String) -> String {
        let target = path.split(separator: "/")
        let start = directory.split(separator: "/")
        let common = zip(target, start).prefix { $0 == $1 }.count
        guard common > 0 else { return path }
        let parts = Array(repeating: "..", count: start.count - common) + target.dropFirst(common).map(String.init)
        return parts.isEmpty ? "." : parts.joined(separator: "/")
    }

    /// The path without symbolic links, as far as it is there: realpath(3).
    private static func resolved(_ path: String) -> String {
        var known = Substring(path)
        while !known.isEmpty {
            if let real = realpath(String(known), nil) {
                defer { free(real) }
                let rest = path[known.endIndex...].drop { $0 == "/" }
                let base = String(cString: real)
                return rest.isEmpty ? base : base == "/" ? "/\(rest)" : "\(base)/\(rest)"
            }
            known = known[..<(known.lastIndex(of: "/") ?? known.startIndex)]
        }
        return path
    }
}
