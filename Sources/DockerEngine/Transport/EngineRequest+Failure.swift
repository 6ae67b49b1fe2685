import HookKit

extension EngineRequest {
    /// The error where what came, or did not come, is no answer: a question stays unanswered, and what a change led to is not known.
    ///
    /// - Parameters:
    ///   - sentence: what came, with the engine as its beginning.
    ///   - advice: what to try, as the end of the sentence.
    func unanswered(_ sentence: String, advice: String = "") -> EngineError {
        switch method {
        case .get: EngineError(.badAnswer, sentence + advice)
        case .post, .delete: EngineError(.unknownOutcome, "\(sentence); whether it was carried out is not known\(advice)")
        }
    }
}
