#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Finds the pipeline file when none is named: `hook.yml`, then `.hook.yml`, in the working directory or the repository's root.
enum PipelineFileFinder {
    static let names = ["hook.yml", ".hook.yml"]

    /// What a pipeline file is called as well, which is run only where it is named.
    private static let otherNames = ["hook.yaml", ".hook.yaml", "pipeline.yml", "pipeline.yaml"]

    /// The file, as a path from the working directory where it lies there; `nil` where there is none.
    static func find(from directory: String) -> String? {
        for name in names where exists("\(directory)/\(name)") { return name }
        return repository(around: directory).flatMap { root in names.map { "\(root)/\($0)" }.first(where: exists) }
    }

    /// Why there is no pipeline file, and what to do, where none is named and none is found.
    static func mistake(in directory: String) -> String {
        guard exists(directory) else {
            return "this directory cannot be looked into: its name is not UTF-8, or it is gone; run hook in another"
        }
        let missing = "there is no \(names.joined(separator: " or ")) here or in the repository's root"
        guard let other = otherNames.first(where: { exists("\(directory)/\($0)") }) else {
            return "\(missing); name the pipeline file, or let 'hook init' write a first one"
        }
        return "\(missing); name the pipeline file: here is '\(other)'"
    }

    /// The root of the repository that a directory lies in; `nil` outside of any.
    static func repository(around directory: String) -> String? {
        var current = Substring(directory)
        while true {
            if exists("\(current)/.git") { return String(current) }
            guard let slash = current.lastIndex(of: "/"), slash > current.startIndex else { return nil }
            current = current[..<slash]
        }
    }

    private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}
