import FoundationEssentials
import HookKit

/// Reads the events in an answer, as it comes.
struct EventReader {
    private var documents: JSONDocuments

    /// Begins an answer; an event may be as large as its labels are, which is what the answer's bound is for.
    init(largest: Int) { documents = JSONDocuments(largest: largest) }

    /// Says whether an event has begun and not ended.
    var isInEvent: Bool { documents.isInDocument }

    /// Takes the next bytes of the answer, and hands out the events that are whole now; throws for what is none.
    mutating func append(_ bytes: some Sequence<UInt8>) throws -> [EngineEvent] {
        let decoder = JSONDecoder()
        return try documents.append(bytes).compactMap { document in
            if let event = document.withUnsafeBytes({ WireEvent.plain($0) }) { return try event.event() }
            let text = document.withUnsafeBytes { EngineAnswer.repaired($0) }
            return try decoder.decode(WireEvent.self, from: text).event()
        }
    }
}
