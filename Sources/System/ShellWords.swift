import Foundation

/// Words as a shell reads them.
public func shellQuoted(_ words: [String]) -> String {
    let plain = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-_./=,:+@%"))
    return words.map { word in
        word.unicodeScalars.allSatisfy(plain.contains) && !word.isEmpty
            ? word : "'" + word.replacing("'", with: "'\\''") + "'"
    }.joined(separator: " ")
}
