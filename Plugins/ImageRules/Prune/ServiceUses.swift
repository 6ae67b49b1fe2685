import HookKit

/// Why images stay for the services of a swarm.
struct ServiceUses: Sendable {
    private let services: [(text: String, reference: ImageReference)]

    /// Takes the references that services hold; one that cannot be read means no image.
    init(_ texts: [String] = []) {
        services = texts.compactMap { text in ImageReference(text).map { (text, $0) } }
    }

    /// Why an image stays; `nil` where no service uses it.
    func reason(toKeep image: EngineImage) -> String? {
        services.first { Self.mayMean($0.reference, image) }.map { "a swarm service uses '\($0.text)'" }
    }

    /// Whether a service that names `service` may mean an image; a digest behind its tag makes no difference, since keeping too much is no loss.
    private static func mayMean(_ service: ImageReference, _ image: EngineImage) -> Bool {
        image.references.contains { $0.name == service.name && ($0.tag ?? "latest") == (service.tag ?? "latest") }
            || service.digest != nil && image.repositoryDigests.contains { $0.name == service.name && $0.digest == service.digest }
    }
}
