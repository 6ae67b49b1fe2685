/// The header field `Link`: `</v2/shop/api/tags/list?last=v9&n=10>; rel="next"`.
///
/// Source: RFC 8288.
enum LinkField {
    /// Where the next page lies; `nil` where the field names none.
    static func next(_ field: String) -> String? {
        var rest = Substring(field)
        while let open = rest.firstIndex(of: "<"), let close = rest[open...].firstIndex(of: ">") {
            let target = rest[rest.index(after: open)..<close]
            rest = rest[rest.index(after: close)...]
            let parameters = rest.prefix { $0 != "<" }.lowercased().filter { !$0.isWhitespace && $0 != "\"" }
            if parameters.split(whereSeparator: { $0 == ";" || $0 == "," }).contains("rel=next") { return String(target) }
        }
        return nil
    }
}
