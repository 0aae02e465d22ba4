import Foundation
import Runs

/// A table of two recipes and two seeds, of which the first recipe begins the second.
enum TinyTable {
    /// The tiny recipe without its joint phase: the tiny recipe begins with all of it.
    static let startRecipe = tinyRecipe.components(separatedBy: "\n[[phase]]\nkind = \"joint\"")[0]
        .replacing("\"fce-vat\"", with: "\"fce-init-vat\"").replacing("\"tiny\"", with: "\"start\"")

    /// With an energy phase of a second or two, to be interrupted.
    static func slow(_ recipe: String) -> String {
        recipe.replacing("kind = \"energy\"\nsteps = 8", with: "kind = \"energy\"\nsteps = 150")
    }

    static func table(_ recipes: String...) -> String {
        let list = recipes.map { "\"\($0).toml\"" }.joined(separator: ", ")
        return "title = \"Tiny\"\nseeds = [1, 2]\nresults = \"Results\"\nrecipes = [\(list)]\n"
    }

    /// A folder with `table.toml` over `tiny.toml` and `start.toml`.
    static func withTable(isSlow: Bool = false, _ body: (String) throws -> Void) throws {
        try withFolder { folder in
            try write(isSlow ? slow(tinyRecipe) : tinyRecipe, to: "\(folder)/tiny.toml")
            try write(isSlow ? slow(startRecipe) : startRecipe, to: "\(folder)/start.toml")
            try write(table("tiny", "start"), to: "\(folder)/table.toml")
            try body(folder)
        }
    }

    static let reproduce = ["reproduce", "table.toml", "--jobs", "2", "--threads", "2"]

    static func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    static func names(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    /// All runs of the table in `folder`.
    static func numbers(_ folder: String) throws -> [RunNumbers] {
        try ["tiny/seed-1", "tiny/seed-2", "start/seed-1", "start/seed-2"].map {
            try RunNumbers("\(folder)/Runs/\($0)")
        }
    }
}
