import Clibyaml

/// libyaml's event parser over a text in memory.
///
/// It does not recurse, so depth costs no stack.
struct EventParser: ~Copyable {
    /// An event, and where its text begins and ends.
    struct Located {
        /// What was met.
        let event: YAMLEvent
        /// The place of its first character.
        let start: YAMLPosition
        /// The place after its last one.
        let end: YAMLPosition
    }

    private let source: YAMLSource
    // libyaml keeps pointers to its parser and to the input, so both have a place of their own for as long as this value lives: `init`
    // allocates them, `deinit` frees them, and nothing else has them.
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>

    /// Prepares to parse a text.
    init(_ source: YAMLSource) throws(YAMLProblem) {
        self.source = source
        let bytes = source.bytes
        input = .allocate(capacity: bytes.count)
        _ = input.initialize(from: bytes)
        parser = .allocate(capacity: 1)
        guard yaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            input.deallocate()
            throw YAMLProblem(message: "there is not enough memory to read the file", position: nil)
        }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, input.baseAddress, input.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        input.deallocate()
    }

    /// The next event; after an error or the stream's end, not to be called again.
    mutating func next() throws(YAMLProblem) -> Located {
        while true {
            var event = yaml_event_t()
            guard yaml_parser_parse(parser, &event) == 1 else { throw problem() }
            defer { yaml_event_delete(&event) }
            guard let meaning = Self.meaning(of: event) else { continue }
            return Located(
                event: meaning,
                start: source.position(ofScalar: event.start_mark.index),
                end: source.position(ofScalar: event.end_mark.index)
            )
        }
    }

    private static func meaning(of event: yaml_event_t) -> YAMLEvent? {
        switch event.type {
        case YAML_DOCUMENT_START_EVENT: return .documentStart
        case YAML_DOCUMENT_END_EVENT: return .documentEnd
        case YAML_ALIAS_EVENT: return .alias(name: text(event.data.alias.anchor) ?? "")
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            let isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
            // A lone `!` comes as the tag `!` and says: take it as a text.
            return .scalar(
                text: String(decoding: bytes, as: UTF8.self),
                style: isPlain ? .plain : style(scalar.style),
                tag: text(scalar.tag),
                anchor: text(scalar.anchor)
            )
        case YAML_SEQUENCE_START_EVENT:
            return .sequenceStart(tag: text(event.data.sequence_start.tag), anchor: text(event.data.sequence_start.anchor))
        case YAML_SEQUENCE_END_EVENT: return .sequenceEnd
        case YAML_MAPPING_START_EVENT:
            return .mappingStart(tag: text(event.data.mapping_start.tag), anchor: text(event.data.mapping_start.anchor))
        case YAML_MAPPING_END_EVENT: return .mappingEnd
        case YAML_STREAM_END_EVENT, YAML_NO_EVENT: return .streamEnd
        default: return nil
        }
    }

    private static func style(_ style: yaml_scalar_style_t) -> YAMLScalar.Style {
        switch style {
        case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
        case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
        case YAML_LITERAL_SCALAR_STYLE: .literal
        case YAML_FOLDED_SCALAR_STYLE: .folded
        default: .plain
        }
    }

    private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        pointer.map { String(cString: $0) }
    }

    private func problem() -> YAMLProblem {
        let failed = parser.pointee
        guard failed.error == YAML_SCANNER_ERROR || failed.error == YAML_PARSER_ERROR else {
            let reason = failed.problem.map { String(cString: $0) } ?? "not enough memory"
            return YAMLProblem(message: "the file could not be read as YAML: \(reason)", position: nil)
        }
        let position = source.position(ofScalar: failed.problem_mark.index)
        let syntax = SyntaxError(
            problem: failed.problem.map { String(cString: $0) } ?? "",
            context: failed.context.map { String(cString: $0) } ?? "",
            character: source.scalar(at: position)
        )
        var problem = YAMLProblem(message: syntax.message, position: position)
        let began = source.position(ofScalar: failed.context_mark.index)
        if let note = syntax.note, began < position {
            problem.notes.append(YAMLProblem.Note(message: note, position: began))
        }
        return problem
    }
}
