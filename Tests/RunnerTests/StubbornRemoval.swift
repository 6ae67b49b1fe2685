import HookKit

/// Removes an image and a manifest, and says of both what it once saw: a rule that a plugin brings may say what it likes.
struct StubbornRemoval: Rule {
    static let configuration = RuleConfiguration(name: "stubborn-removal", abstract: "Remove.")

    private static let digest = Digest(algorithm: .sha256, hex: String(repeating: "a", count: 64))

    func run(in context: RuleContext) async throws {
        guard let digest = Self.digest else { return }
        let registry = try await context.registries.registry(at: RegistryAddress("registry.local:5000"))
        let image = PlannedChange(.removeImage, digest.description, subject: "image", state: ["tags": ["shop/api:v1"]])
        let manifest = PlannedChange.deleting(manifest: digest, tags: ["v1"], of: "shop/api", in: registry.name, subject: "manifest")
        guard try await context.permits([image, manifest]) == [true, true], !context.isDryRun else { return }
        let engine = try await context.engine
        await attempt("image", context) { _ = try await engine.removeImage(digest) }
        await attempt("manifest", context) { try await registry.deleteManifest(digest, in: "shop/api") }
    }

    private func attempt(_ what: String, _ context: RuleContext, _ work: () async throws -> Void) async {
        do {
            try await work()
            context.report(.passed(subject: what, type: "changed", message: "changed"))
        } catch {
            context.report(.skipped(subject: what, type: "refused", message: "\(error)"))
        }
    }
}
