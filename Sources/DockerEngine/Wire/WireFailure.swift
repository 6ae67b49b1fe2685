import HookKit

/// Something in an answer that cannot be true.
struct WireFailure: Error {
    /// What is wrong, as the end of a sentence: `with …`.
    let description: String

    /// Describes what is wrong.
    init(_ description: String) { self.description = description }

    /// What is wrong with an answer that was not decoded, as the end of a sentence: `with …`.
    static func description(of error: any Error, size: Int) -> String {
        switch error {
        case let failure as WireFailure: return failure.description
        case DecodingError.keyNotFound(let key, let context): return "no '\(key.stringValue)'\(place(context))"
        case DecodingError.valueNotFound(_, let context): return "null\(place(context))"
        case DecodingError.typeMismatch(_, let context): return "a value of another type\(place(context))"
        default:
            // FoundationEssentials says no more of a text that is no JSON, such as half a document.
            return size == 0
                ? "nothing where JSON was expected" : "something that is no whole JSON document (\(ByteSize(bytes: Int64(size))))"
        }
    }

    private static func place(_ context: DecodingError.Context) -> String {
        guard !context.codingPath.isEmpty else { return "" }
        let path = context.codingPath.map { key in key.intValue.map { "[\($0)]" } ?? ".\(key.stringValue)" }.joined()
        return " at \(EngineAnswer.oneLine(path.hasPrefix(".") ? String(path.dropFirst()) : path))"
    }
}
