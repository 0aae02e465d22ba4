import Foundation

/// The files of the package that these tests were built from.
enum Checkout {
    static let root = URL(filePath: #filePath).appending(path: "../../..").standardized.path

    static func path(_ name: String) -> String { "\(root)/\(name)" }

    /// `folder/../name` without the detour, relative to the root.
    static func normalized(_ name: String) -> String {
        String(URL(filePath: "/" + name).standardized.path.dropFirst())
    }
}

/// The names of all Markdown files in folders and the folders below them.
func markdown(below folders: [String]) -> [String] {
    folders.flatMap { folder in
        let found = FileManager.default.enumerator(atPath: Checkout.path(folder))
        let names = (found?.allObjects as? [String] ?? []).filter { $0.hasSuffix(".md") }
        return names.sorted().map { "\(folder)/\($0)" }
    }
}

/// A page in Markdown, as far as its tests look at it.
struct Page {
    let name: String
    private(set) var lines: [String]
    /// The lines outside of fenced code, and those inside of fences that are marked `sh`.
    private let prose: [String]
    private let shell: [String]

    init(_ name: String) throws {
        self.name = name
        let text = try String(contentsOfFile: Checkout.path(name), encoding: .utf8)
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        var (prose, shell): ([String], [String]) = ([], [])
        var fence: String?
        for line in lines {
            if line.hasPrefix("```") {
                fence = fence == nil ? String(line.dropFirst(3)) : nil
            } else if fence == nil {
                prose.append(line)
            } else if fence == "sh" {
                shell.append(line)
            }
        }
        (self.prose, self.shell) = (prose, shell)
    }

    /// Where links and pictures lead within the repository.
    var links: [String] {
        prose.joined(separator: "\n").matches(of: /\]\(([^)\s]+)\)/).map { String($0.1) }
            .filter { !$0.contains("://") }
    }

    /// The anchors that GitHub gives headings.
    var anchors: [String] {
        var seen: [String: Int] = [:]
        return prose.filter { $0.hasPrefix("#") }.map { heading in
            let title = heading.drop { $0 == "#" || $0 == " " }.lowercased()
            let kept = title.filter { $0.isLetter || $0.isNumber || " -_".contains($0) }
            let anchor = kept.replacing(" ", with: "-")
            seen[anchor, default: 0] += 1
            return seen[anchor] == 1 ? anchor : "\(anchor)-\((seen[anchor] ?? 1) - 1)"
        }
    }

    /// Every `fce …` with arguments, split into words: lines of shell, and code in the text.
    var commands: [[String]] {
        (shell.flatMap(Self.commands) + inlineCode.map(Self.words))
            .filter { $0.first == "fce" && !Self.isMention($0) && !$0.contains("…") }
    }

    /// The names in code of the text that only names a command, such as `fce recipe check`.
    var mentions: [[String]] {
        inlineCode.map(Self.words).filter(Self.isMention).map { Array($0.dropFirst()) }
    }

    private var inlineCode: [String] {
        prose.joined(separator: " ").matches(of: /`([^`]+)`/).map { String($0.1) }
    }

    private static func isMention(_ words: [String]) -> Bool {
        words.first == "fce" && (2...3).contains(words.count)
            && words.dropFirst().allSatisfy {
                $0.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber) }
            }
    }

    /// The commands of a line: without its comment, each up to where its output goes elsewhere.
    private static func commands(_ line: String) -> [[String]] {
        words(line).split { ["|", "&&", ";"].contains($0) }.map { command in
            Array(command.prefix { $0 != ">" && $0 != "#" })
        }
    }

    /// Words as a shell takes them: quotes hold words together.
    private static func words(_ line: String) -> [String] {
        var words: [String] = []
        var (word, quote): (String?, Character?) = (nil, nil)
        for character in line {
            if let open = quote {
                if character == open { quote = nil } else { word = (word ?? "") + String(character) }
            } else if character == "'" || character == "\"" {
                (quote, word) = (character, word ?? "")
            } else if character == " " {
                if let done = word { words.append(done) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        if let done = word { words.append(done) }
        return words
    }
}
