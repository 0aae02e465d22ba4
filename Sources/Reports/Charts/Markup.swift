/// A piece of SVG or HTML. Text and attribute values are escaped where they enter, and every element is closed,
/// so what comes out is well-formed XML whatever a class or a recipe is called.
public struct Markup: Sendable, CustomStringConvertible {
    public let description: String

    private init(source: String) { description = source }

    /// Several pieces in a row.
    public init(_ pieces: [Markup]) { description = pieces.map(\.description).joined() }

    /// An element; attributes without a value (nil) are left out.
    public init(
        _ name: String, _ attributes: KeyValuePairs<String, String?> = [:],
        @MarkupBuilder _ content: () -> Markup = { Markup([]) }
    ) {
        let opening = attributes.reduce("<" + name) { text, attribute in
            guard let value = attribute.value else { return text }
            return text + " \(attribute.key)=\"\(escaped(value))\""
        }
        let inner = content().description
        description =
            inner.isEmpty && !Self.neverEmpty.contains(name)
            ? opening + "/>" : "\(opening)>\(inner)</\(name)>"
    }

    public init(text: String) { description = escaped(text) }

    /// Text that is markup already: a style sheet.
    static func verbatim(_ source: String) -> Markup { Markup(source: source) }

    /// HTML elements that a browser would leave open if they were written `<td/>`.
    private static let neverEmpty: Set = [
        "div", "td", "th", "p", "pre", "span", "section", "figure", "figcaption", "a", "h1", "h2", "tr",
        "table",
        "tbody", "thead", "details", "summary", "main", "header", "style", "title", "body", "head", "html",
        "caption", "ul", "li",
        "bdi", "nav", "script", "b",
    ]
}

/// Collects pieces of markup, with `if`, `for` and plain strings, which become escaped text.
@resultBuilder
public enum MarkupBuilder {
    public static func buildExpression(_ piece: Markup) -> Markup { piece }
    public static func buildExpression(_ piece: Markup?) -> Markup { piece ?? Markup([]) }
    public static func buildExpression(_ pieces: [Markup]) -> Markup { Markup(pieces) }
    public static func buildExpression(_ text: String) -> Markup { Markup(text: text) }
    public static func buildBlock(_ pieces: Markup...) -> Markup { Markup(pieces) }
    public static func buildOptional(_ piece: Markup?) -> Markup { piece ?? Markup([]) }
    public static func buildEither(first: Markup) -> Markup { first }
    public static func buildEither(second: Markup) -> Markup { second }
    public static func buildArray(_ pieces: [Markup]) -> Markup { Markup(pieces) }
}

/// `text` with the five characters of XML replaced, and without characters that nobody can see: control characters,
/// which XML forbids, become U+FFFD, and those that turn the direction of the text around them are named instead.
private func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
        switch scalar {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        case "'": result += "&#39;"
        case "\n", "\t": result.unicodeScalars.append(scalar)
        case _ where isControl(scalar): result += "\u{FFFD}"
        case _ where turnsText(scalar):
            result += "&lt;U+\(String(scalar.value, radix: 16, uppercase: true))&gt;"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}

private func isControl(_ scalar: Unicode.Scalar) -> Bool {
    let value = scalar.value
    return value < 0x20 || (0x7F...0x9F).contains(value) || (0x2028...0x2029).contains(value)
        || value & 0xFFFE == 0xFFFE
}

/// Marks, embeddings, overrides and isolates of the bidirectional algorithm (Unicode Annex 9), and byte order marks.
private func turnsText(_ scalar: Unicode.Scalar) -> Bool {
    let value = scalar.value
    return value == 0x61C || value == 0xFEFF || (0x200E...0x200F).contains(value)
        || (0x202A...0x202E).contains(value) || (0x2066...0x2069).contains(value)
}
