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

/// `text` with the five characters of XML replaced, and without the control characters XML forbids.
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
        case _ where scalar.value < 0x20 || (0xFFFE...0xFFFF).contains(scalar.value): result += "\u{FFFD}"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}
