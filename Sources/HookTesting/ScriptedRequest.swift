/// A request that reached a `ScriptedServer`.
package struct ScriptedRequest: Hashable, Sendable {
    /// A header field.
    package struct Field: Hashable, Sendable {
        /// The name, as it was written.
        package let name: String
        /// The value.
        package let value: String
    }

    /// `GET`, `DELETE` and so on.
    package let method: String
    /// Path and query, as they were sent.
    package let target: String
    /// The header fields, in their order.
    package let fields: [Field]
    /// The body.
    package let body: [UInt8]

    /// The path without the query.
    package var path: String { String(target.prefix { $0 != "?" }) }

    /// The first value of a header field, whatever the case of its name.
    package func header(_ name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
