/// One line between hook and a plugin.
///
/// Source: the JSON-RPC 2.0 specification, without batches; IDs are whole numbers, and each end counts its own.
package enum WireMessage: Hashable, Sendable {
    /// Asks the other end for something.
    case request(id: Int, method: String, params: JSONValue)
    /// Tells the other end something.
    case notification(method: String, params: JSONValue)
    /// Answers a request.
    case result(id: Int, JSONValue)
    /// Refuses a request; without an ID where none could be read.
    case failure(id: Int?, WireFailure)

    /// Reads a line without its end.
    package init(line: UnsafeRawBufferPointer) throws(WireMistake) {
        let value: JSONValue
        do throws(JSONMistake) {
            value = try JSONValue(reading: line)
        } catch {
            throw WireMistake("it is no JSON: \(error)")
        }
        guard case .object(let members) = value else { throw WireMistake("it is no object") }
        var (version, id, method, params, result, error): (JSONValue?, JSONValue?, JSONValue?, JSONValue?, JSONValue?, JSONValue?)
        for member in members {
            switch member.name {
            case "jsonrpc": version = member.value
            case "id": id = member.value
            case "method": method = member.value
            case "params": params = member.value
            case "result": result = member.value
            case "error": error = member.value
            default: throw WireMistake("a message has no member '\(member.name)'")
            }
        }
        guard version == .string("2.0") else { throw WireMistake("it does not say \"jsonrpc\":\"2.0\"") }
        let number: Int?
        switch id {
        case nil, .null: number = nil
        case .integer(let own): number = own
        default: throw WireMistake("its 'id' is no whole number")
        }
        switch (method, result, error) {
        case (.string(let method)?, nil, nil):
            let params = params ?? .object([])
            guard case .object = params else { throw WireMistake("the 'params' of '\(method)' are no object") }
            self = number.map { .request(id: $0, method: method, params: params) } ?? .notification(method: method, params: params)
        case (nil, let result?, nil):
            guard let number else { throw WireMistake("it is an answer without an 'id'") }
            self = .result(id: number, result)
        case (nil, nil, let error?):
            guard case .integer(let code) = error["code"], case .string(let message) = error["message"] else {
                throw WireMistake("its 'error' has no 'code' and 'message'")
            }
            self = .failure(id: number, WireFailure(code: code, message: message, data: error["data"]))
        default: throw WireMistake("it is neither a request nor an answer")
        }
    }

    /// The message as a line, its end included.
    package var line: [UInt8] {
        var line = JSONLine(capacity: 256)
        line.append(literal: #"{"jsonrpc":"2.0""#)
        func append(_ name: StaticString, _ value: JSONValue) {
            line.append(literal: name)
            line.append(value: value)
        }
        switch self {
        case .request(let id, let method, let params):
            append(#","id":"#, .integer(id))
            append(#","method":"#, .string(method))
            append(#","params":"#, params)
        case .notification(let method, let params):
            append(#","method":"#, .string(method))
            append(#","params":"#, params)
        case .result(let id, let value):
            append(#","id":"#, .integer(id))
            append(#","result":"#, value)
        case .failure(let id, let failure):
            append(#","id":"#, id.map { .integer($0) } ?? .null)
            append(#","error":{"code":"#, .integer(failure.code))
            append(#","message":"#, .string(failure.message))
            if let data = failure.data { append(#","data":"#, data) }
            line.append(literal: "}")
        }
        line.append(literal: "}")
        line.end()
        return line.bytes
    }
}
