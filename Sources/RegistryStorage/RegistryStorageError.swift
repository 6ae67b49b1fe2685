/// Why something could not be done to a registry's storage.
package struct RegistryStorageError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure.
    package struct Code: Hashable, Sendable {
        private let name: String

        /// There is no registry's storage at the path.
        package static let notAStore = Code(name: "notAStore")
        /// The storage cannot be read.
        package static let unreadable = Code(name: "unreadable")
        /// The content of a manifest is not what its digest names.
        package static let damaged = Code(name: "damaged")
        /// The storage cannot be written.
        package static let unwritable = Code(name: "unwritable")
        /// Another collector works on the storage.
        package static let busy = Code(name: "busy")
        /// A setting does not fit the storage.
        package static let invalidRequest = Code(name: "invalidRequest")
        /// The plan was made for a store that has changed, or was carried out already.
        package static let planUsed = Code(name: "planUsed")
    }

    /// The kind of failure.
    package let code: Code
    /// One sentence with the path, in lower case, without a full stop.
    package let message: String
    /// What the system said.
    package let cause: Errno?
    /// What to do about it, where more is known than the cause says.
    package let advice: String?

    package init(_ code: Code, _ message: String, cause: Errno? = nil, advice: String? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
        self.advice = advice
    }

    /// The sentence, its cause and the advice.
    package var description: String {
        let sentence = cause.map { "\(message): \($0)" } ?? message
        return advice.map { "\(sentence); \($0)" } ?? sentence
    }
}
