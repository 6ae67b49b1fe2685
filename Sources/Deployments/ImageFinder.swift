import HookKit
import OCI
import YAML

/// Finds the names of images in a document.
///
/// Found are the values under a key `image` or one that ends so (compose, Kubernetes, custom resources); a mapping there with `repository` and `tag`
/// or `digest` (charts' values); the entries under `images` with `name`, `newName`, `newTag` or `digest` (kustomizations); and every text anywhere
/// that is a whole reference with a path and with a tag or a digest, such as the value of a variable.
struct ImageFinder {
    /// The images so far.
    private(set) var images: [DeployedImage] = []
    private let firstLine: Int

    /// Starts at a document whose first line has this number in its file.
    init(firstLine: Int) { self.firstLine = firstLine }

    /// Looks at a node and all that is in it.
    mutating func look(at node: YAMLNode) {
        switch node.content {
        case .scalar(let scalar):
            guard let reference = ImageReference(scalar.text), scalar.text.contains("/"), reference.tag != nil || reference.digest != nil
            else {
                return
            }
            add(scalar.text, node)
        case .sequence(let elements): for element in elements { look(at: element) }
        case .mapping(let entries):
            for entry in entries {
                let key = entry.key.lowercased()
                if key.hasSuffix("image"), lookAtImage(entry.value) { continue }
                if key == "images", case .sequence(let elements) = entry.value.content {
                    for element in elements { lookAtKustomization(element) }
                }
                look(at: entry.value)
            }
        }
    }

    private mutating func add(_ text: String, _ node: YAMLNode) {
        guard !text.isEmpty else { return }
        images.append(DeployedImage(text, line: node.position.line + firstLine - 1))
    }

    /// Takes the value of a key for an image; says whether it was one.
    private mutating func lookAtImage(_ node: YAMLNode) -> Bool {
        switch node.content {
        case .scalar(let scalar):
            if scalar.value != .null { add(scalar.text, node) }
            return true
        case .mapping(let entries):
            let parts = Self.texts(entries)
            guard let repository = parts["repository"] ?? parts["name"] else { return false }
            let registry = parts["registry"].map { "\($0)/" } ?? ""
            // Where no tag is given, the chart has one of its own.
            let digest = parts["digest"].map { "@\($0)" } ?? ""
            let tag = parts["tag"].map { ":\($0)" } ?? (digest.isEmpty ? ":${TAG}" : "")
            add(registry + repository + tag + digest, node)
            return false
        case .sequence: return false
        }
    }

    private mutating func lookAtKustomization(_ node: YAMLNode) {
        guard case .mapping(let entries) = node.content else { return }
        let parts = Self.texts(entries)
        guard let name = parts["newname"] ?? parts["name"] else { return }
        let digest = parts["digest"].map { "@\($0)" } ?? ""
        let tag = parts["newtag"].map { ":\($0)" } ?? (digest.isEmpty ? ":${TAG}" : "")
        add(name + tag + digest, node)
    }

    private static func texts(_ entries: [YAMLEntry]) -> [String: String] {
        var texts: [String: String] = [:]
        for entry in entries {
            guard case .scalar(let scalar) = entry.value.content, scalar.value != .null, !scalar.text.isEmpty else { continue }
            texts[entry.key.lowercased()] = scalar.text
        }
        return texts
    }
}
