import HookKit

/// Changes everything that it can without asking, as a rule should not; what it is refused becomes a finding.
struct SilentRemoval: Rule {
    static let configuration = RuleConfiguration(name: "silent-removal", abstract: "Remove.")

    func run(in context: RuleContext) async throws {
        if context.isDryRun { return }
        let engine = try await context.engine
        let other = try await context.engine(at: "unix:///other.sock")
        let registry = try await context.registries.registry(at: RegistryAddress("registry.local:5000"))
        let image = try await engine.images(.current)[0]
        await attempt("image", context) { _ = try await engine.removeImage(image.id) }
        await attempt("image elsewhere", context) { _ = try await other.removeImage(image.id) }
        for reference in image.references { await attempt("tag", context) { _ = try await engine.removeTag(reference, of: image.id) } }
        for name in ["nobody/has:this", "shop/api@\(image.id)"] {
            guard let reference = ImageReference(name) else { continue }
            await attempt("unknown tag", context) { _ = try await engine.removeTag(reference, of: image.id) }
        }
        await attempt("container", context) { try await engine.removeContainer("c1") }
        await attempt("network", context) { try await engine.removeNetwork("n1") }
        await attempt("volume", context) { try await engine.removeVolume("v1") }
        await attempt("cache", context) { _ = try await engine.removeBuildCache("b1") }
        await attempt("registry tag", context) { try await registry.deleteTag("v1", in: "shop/api") }
        await attempt("manifest", context) { try await registry.deleteManifest(image.id, in: "shop/api") }
        await attempt("command", context) {
            _ = try await context.commands.run(Command(arguments: ["rm", "-r", "/"], directory: "/")) { _ in }
        }
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
