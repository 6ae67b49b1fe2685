/// A syntax error in libyaml's words, and what to tell a person instead.
struct SyntaxError {
    /// What libyaml did not like.
    let problem: String
    /// What it was about to do.
    let context: String
    /// The character at the place of the problem; `nil` at the end of the text.
    let character: Unicode.Scalar?

    /// One sentence that says what is wrong and, where that is known, what to do.
    var message: String {
        switch problem {
        case "found character that cannot start any token":
            switch character {
            case "\t": "a tab cannot indent or stand before a value; use spaces"
            case .some(let other): "a text cannot begin with '\(other)'; put it in quotes"
            case nil: "the file ends too early"
            }
        case "found a tab character that violates indentation", "found a tab character where an indentation space is expected":
            "a tab cannot indent; use spaces"
        case "mapping values are not allowed in this context":

            "this ':' is not expected; check the indentation and the line before, and put a text that holds ': ' in quotes"
        case "block sequence entries are not allowed in this context":
            "a list entry is not allowed here; begin the list on a line of its own"
        case "mapping keys are not allowed in this context": "a key is not allowed here; begin it on a line of its own"
        case "could not find expected ':'": "a ':' is missing after the key"
        case "did not find expected key":
            character == "-"
                ? "a list entry cannot stand among the keys of a mapping; check the indentation"
                : "a key is expected here; check the indentation and the quotes"
        case "did not find expected '-' indicator": "a '-' is expected here; the lines of a list are indented alike"
        case "did not find expected ',' or ']'": "a ',' or ']' is expected here" + quotesForBrace
        case "did not find expected ',' or '}'": "a ',' or '}' is expected here" + quotesForBrace
        case "did not find expected node content": "a value is expected here"
        case "did not find expected <document start>": "the document has ended before this; check the indentation"
        case "found unexpected end of stream": "the closing quote is missing"
        case "found unexpected document indicator": "the closing quote is missing before this line"
        case "found unknown escape character":
            "there is no such escape between double quotes; write '\\\\' for a backslash, or use single quotes"
        case "did not find expected hexdecimal number": "an escape needs hexadecimal digits here"
        case "found invalid Unicode character escape code": "the escape names no character"
        case "did not find expected alphabetic or numeric character":
            "the name of an anchor or alias is made of letters, digits, '-' and '_'" + quotesForAlias
        case "found undefined tag handle": "the tag's prefix is not declared"
        case "found an indentation indicator equal to 0": "the indentation of a block is a digit from 1 to 9"
        case "found incompatible YAML document": "this is not YAML 1.1 or 1.2"
        case "did not find expected comment or line break": "nothing but a comment may follow here"
        case "found unknown directive name": "there is no such directive; YAML has %YAML and %TAG"
        case "did not find expected whitespace or line break": "a space is expected here"
        default: problem.isEmpty ? "this is not YAML" : problem
        }
    }

    /// In a flow collection, a text such as `${NAME}` ends before its brace.
    private var quotesForBrace: String {
        character == "{" ? "; put a text that holds '{' in quotes" : ""
    }

    /// Mostly it is no alias that was meant: many a pattern begins with a star.
    private var quotesForAlias: String {
        context == "while scanning an alias" ? "; \(Self.starNeedsQuotes)" : ""
    }

    /// What to say where a text was taken for an alias.
    static let starNeedsQuotes = "put a text that begins with '*', such as a pattern, in quotes"

    /// What stands at the place where libyaml began what it could not finish; `nil` where that place tells nothing.
    var note: String? {
        switch context {
        case "while scanning a quoted scalar": "the quoted text begins here"
        case "while scanning a simple key": "the key begins here"
        case "while parsing a flow sequence": "the list begins here"
        case "while parsing a flow mapping": "the mapping begins here"
        case "while parsing a block collection": "the list begins here"
        case "while parsing a block mapping": "the mapping begins here"
        default: nil
        }
    }
}
