import HookKit
import OCI
import YAML

/// Finds the names of images in a document.
///
/// Found are the values under a key `image` or one that ends so (compose, Kubernetes, custom resources), with any tag where a key beside it ends in
/// `tag`, `version` or `digest`; a mapping there with any of `repository`, `name`, `tag` and `digest`, and a mapping anywhere with `repository`
/// and a key `tag` or `digest` (charts' values, and what is laid over them); the entries under `images`, as names or with `name`, `newName`,
/// `newTag` or `digest` (kustomizations); and every text anywhere that is a whole reference with a path and with a tag or a digest, such as the
/// value of a variable. What is not written is a variable: it may be anything.
struct ImageFinder {
    /// The images so far.
    private(set) var images: [DeployedImage] = []
    private let firstLine: Int

    /// Starts at a document whose first line has this number in its file.
    init(firstLine: Int) { self.firstLine = firstLine }

    /// Looks at a node and all that is in it.
    mutating func look(at node: YAMLNode) { look(at: node, isImage: false) }

    /// Looks at a node; `isImage` says that a mapping was taken for an image already.
    private mutating func look(at node: YAMLNode, isImage: Bool) {
        switch node.content {
        case .scalar(let scalar):
            guard let reference = ImageReference(scalar.text), scalar.text.contains("/"), reference.tag != nil || reference.digest != nil
            else {
                return
            }
            add(scalar.text, node)
        case .sequence(let elements): for element in elements { look(at: element) }
        case .mapping(let entries):
            let parts = Self.texts(entries)
            let keys = entries.map { $0.key.lowercased() }
            if !isImage, let repository = parts["repository"], keys.contains("tag") || keys.contains("digest") {
                add(Self.name(parts, repository, tag: parts["tag"]), node)
            }
            let hasTagBeside = keys.contains { $0.hasSuffix("tag") || $0.hasSuffix("version") || $0.hasSuffix("digest") }
            for (key, entry) in zip(keys, entries) {
                if key.hasSuffix("images"), case .sequence(let elements) = entry.value.content {
                    for element in elements { lookAtListed(element) }
                } else if key.hasSuffix("image") {
                    lookAtImage(entry.value, hasTagBeside: hasTagBeside)
                } else {
                    look(at: entry.value)
                }
            }
        }
    }

    private mutating func add(_ text: String, _ node: YAMLNode) {
        let image = DeployedImage(text, line: node.position.line + firstLine - 1)
        // A name that is found in two ways counts once.
        guard !text.isEmpty, images.last != image else { return }
        images.append(image)
    }

    /// Takes the value of a key for an image, and looks at what is in it.
    private mutating func lookAtImage(_ node: YAMLNode, hasTagBeside: Bool) {
        switch node.content {
        case .scalar(let scalar):
            guard scalar.value != .null, !scalar.text.isEmpty else { return }
            // What stands beside a name without a tag may be its tag, or that of something else.
            add(hasTagBeside && !Self.endsInTagOrDigest(scalar.text) ? "\(scalar.text):${TAG}" : scalar.text, node)
        case .mapping(let entries):
            let parts = Self.texts(entries)
            let repository = parts["repository"] ?? parts["name"]
            if repository != nil || parts["tag"] != nil || parts["digest"] != nil {
                add(Self.name(parts, repository ?? "${IMAGE}", tag: parts["tag"]), node)
            }
            look(at: node, isImage: true)
        case .sequence: look(at: node)
        }
    }

    /// Takes an element of a list of images.
    private mutating func lookAtListed(_ node: YAMLNode) {
        switch node.content {
        case .scalar(let scalar): if scalar.value != .null { add(scalar.text, node) }
        case .mapping(let entries):
            let parts = Self.texts(entries)
            if let name = parts["newname"] ?? parts["name"] { add(Self.name(parts, name, tag: parts["newtag"] ?? parts["tag"]), node) }
            look(at: node)
        case .sequence: look(at: node)
        }
    }

    /// The name of an image that is written in parts; where no tag is given, the chart has one of its own.
    private static func name(_ parts: [String: String], _ repository: String, tag: String?) -> String {
        let name = (parts["registry"].map { "\($0)/" } ?? "") + repository
        if endsInTagOrDigest(name) { return name }
        let digest = parts["digest"].map { "@\($0)" } ?? ""
        return name + (tag.map { ":\($0)" } ?? (digest.isEmpty ? ":${TAG}" : "")) + digest
    }

    /// Says whether a name has a tag or a digest, variables left aside.
    private static func endsInTagOrDigest(_ text: String) -> Bool {
        var depth = 0
        var found = false
        for character in text {
            switch character {
            case "{", "(", "<": depth += 1
            case "}", ")", ">": depth -= 1
            case "/" where depth == 0: found = false
            case ":" where depth == 0, "@" where depth == 0: found = true
            default: break
            }
        }
        return found
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
