import Foundation

// Text as files and programs take it literally.

/// A field of CSV after RFC 4180: in quotes where it holds a comma, a quote or the end of a line.
package func csvQuoted(_ field: String) -> String {
    guard field.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return field }
    return "\"" + field.replacing("\"", with: "\"\"") + "\""
}

/// A string of JSON.
package func jsonQuoted(_ text: String) -> String {
    escaped(text) { scalar in
        switch scalar {
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        case _ where scalar.value < 0x20: hexadecimal(scalar)
        default: nil
        }
    }
}

/// A basic string of TOML.
package func tomlQuoted(_ text: String) -> String {
    escaped(text) { scalar in
        switch scalar {
        case "\n": "\\n"
        case "\t": "\\t"
        case _ where scalar.value < 0x20 || scalar.value == 0x7F: hexadecimal(scalar)
        default: nil
        }
    }
}

/// A double-quoted scalar of YAML, in one line.
package func yamlQuoted(_ text: String) -> String {
    escaped(text.split(whereSeparator: \.isNewline).joined(separator: " ")) { _ in nil }
}

/// Words as a shell reads them.
public func shellQuoted(_ words: [String]) -> String {
    let plain = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-_./=,:+@%"))
    return words.map { word in
        word.unicodeScalars.allSatisfy(plain.contains) && !word.isEmpty
            ? word : "'" + word.replacing("'", with: "'\\''") + "'"
    }.joined(separator: " ")
}

/// `text` between quotes, with a backslash before quotes and backslashes; `others` says how other scalars are written,
/// nil: as they are.
private func escaped(_ text: String, others: (Unicode.Scalar) -> String?) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"", "\\": result += "\\\(scalar)"
        default:
            if let escape = others(scalar) { result += escape } else { result.unicodeScalars.append(scalar) }
        }
    }
    return result + "\""
}

private func hexadecimal(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16)
    return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
}
