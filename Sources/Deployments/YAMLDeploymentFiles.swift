import FileGlobs
package import HookKit
import YAML

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads compose files, Kubernetes manifests, charts' values and kustomizations, and JSON, which is YAML.
package struct YAMLDeploymentFiles: DeploymentFiles {
    /// The largest file that is read, in bytes.
    private static let largestFile = 64 << 20

    /// Makes a service.
    package init() {}

    /// The files that a path or a glob names, sorted; empty where there are none.
    package func files(matching path: ConfigPath) async throws -> [String] {
        do {
            return try FileGlob(path).files()
        } catch {
            throw DeploymentFileError(error.description)
        }
    }

    /// The images that a file names, in its order; what is wrong anywhere in it is an error, since an image might be named there.
    package func images(namedIn path: String) async throws -> [DeployedImage] {
        var images: [DeployedImage] = []
        for document in DocumentSplitter.documents(of: try read(path)) {
            var limits = YAMLLimits.standard
            limits.inputBytes = Self.largestFile
            limits.nodes = 2_000_000
            limits.expandedBytes = Self.largestFile
            let yaml = YAMLDocument(document.bytes, limits: limits)
            if let problem = yaml.problems.first {
                let place = problem.position.map { ":\($0.line + document.line - 1):\($0.column)" } ?? ""
                throw DeploymentFileError("cannot read '\(path)'\(place): \(problem.message)")
            }
            guard let root = yaml.root else { continue }
            var finder = ImageFinder(firstLine: document.line)
            finder.look(at: root)
            images += finder.images
        }
        return images
    }

    private func read(_ path: String) throws(DeploymentFileError) -> [UInt8] {
        func failure() -> DeploymentFileError {
            DeploymentFileError("cannot read '\(path)': \(String(cString: strerror(errno)).lowercased())")
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure() }
        guard status.st_mode & S_IFMT == S_IFREG else { throw DeploymentFileError("cannot read '\(path)': it is not a file") }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Self.read(descriptor, into: &buffer)
            guard count >= 0 else { throw failure() }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
            guard bytes.count <= Self.largestFile else {
                throw DeploymentFileError("cannot read '\(path)': it is larger than \(ByteSize(bytes: Int64(Self.largestFile)))")
            }
        }
    }

    /// `read(2)`, again when a signal came in between.
    private static func read(_ descriptor: Int32, into buffer: inout [UInt8]) -> Int {
        while true {
            #if canImport(Glibc)
                let count = Glibc.read(descriptor, &buffer, buffer.count)
            #else
                let count = Darwin.read(descriptor, &buffer, buffer.count)
            #endif
            if count >= 0 || errno != EINTR { return count }
        }
    }
}
