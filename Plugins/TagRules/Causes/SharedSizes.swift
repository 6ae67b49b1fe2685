import HookKit

/// The bytes that images share with others, which only the slowest of the engine's answers has.
struct SharedSizes: Sendable {
    /// How long to wait for them; a report without them says so.
    private static let limit = Duration.seconds(20)

    /// The bytes that each image shares; `nil` where the engine did not say in time.
    private let sizes: [Digest: ByteSize]?

    /// Asks the engine, where it has an untagged image; the log says why it did not tell.
    static func gather(in context: RuleContext) async throws -> SharedSizes {
        let engine = try await context.engine
        guard try await engine.images(.sharedByObservers).contains(where: \.isUntagged) else { return SharedSizes(sizes: [:]) }
        return try await ask(engine, in: context)
    }

    /// Asks the engine, whatever images it has; the log says why it did not tell.
    static func ask(_ engine: any ContainerEngine, in context: RuleContext) async throws -> SharedSizes {
        SharedSizes(sizes: try await sizes(of: engine, in: context))
    }

    /// The bytes that only this image holds, where the engine said it.
    func ownSize(of image: EngineImage) -> ByteSize? {
        (sizes?[image.id] ?? image.sharedSize).map { image.size - $0 }
    }

    /// The sizes, or `nil` where the engine cannot say them, or not in time; the log says why.
    private static func sizes(of engine: any ContainerEngine, in context: RuleContext) async throws -> [Digest: ByteSize]? {
        try await withThrowingTaskGroup(of: [Digest: ByteSize]?.self) { group in
            group.addTask {
                do {
                    return try await engine.diskUsage().sharedSizes
                } catch let error as EngineError {
                    context.log(.warning, "the bytes that only one image holds are not known: \(error)")
                    return nil
                }
            }
            group.addTask {
                try await Task.sleep(for: limit)
                context.log(
                    .warning,
                    "the bytes that only one image holds are not known: the engine did not say within \(limit.settingText)"
                )
                return nil
            }
            let first = try await group.next()
            group.cancelAll()
            return first ?? nil
        }
    }
}
