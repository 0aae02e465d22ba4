import Schemas

/// Writes a recipe as people write one: tables, and above a key the comment that explains it.
package struct RecipeText {
    private(set) var text = ""
    private static let width = 100

    /// A comment of any length, in lines of about a hundred characters.
    package mutating func comment(_ words: String) {
        var line = "#"
        for word in words.split(separator: " ") {
            if line.count + word.count >= Self.width {
                text += line + "\n"
                line = "#"
            }
            line += " " + word
        }
        text += line + "\n"
    }

    /// A comment line as it is.
    package mutating func verbatim(_ line: String) { text += line.isEmpty ? "#\n" : "# \(line)\n" }

    package mutating func gap() { text += "\n" }

    package mutating func table(_ name: String, _ reason: String? = nil) {
        gap()
        if let reason { comment(reason) }
        text += "[\(name)]\n"
    }

    package mutating func phase(_ kind: String, _ reason: String) {
        gap()
        comment(reason)
        text += "[[phase]]\n"
        set("kind", .string(kind))
    }

    package mutating func set(_ key: String, _ value: TOMLNode, _ reason: String? = nil) {
        if let reason { comment(reason) }
        text += "\(key) = \(value.literal)\n"
    }

    /// Keys whose values are better written than printed, such as 1e-3.
    package mutating func lines(_ lines: String) { text += lines + "\n" }
}
