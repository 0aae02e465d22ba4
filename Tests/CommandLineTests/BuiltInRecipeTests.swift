import Foundation
import Recipes
import Runs
import Testing

@Suite struct BuiltInRecipeTests {
    @Test func anEmptyFolderIsEnough() throws {
        try withFolder { folder in
            let list = try Tool.run("recipe", "list", "fashion-mnist", in: folder)
            #expect(list.status == 0)
            #expect(list.out.hasPrefix("fashion-mnist/\n  fashion-mnist/100-base (base)\n"))
            let entries = try #require(
                try Tool.run("recipe", "list", "--json", in: folder).json() as? [[String: String]])
            #expect(entries.count == BuiltInRecipe.all.count)
            let demo = try #require(entries.first { $0["name"] == "fashion-mnist/demo" })
            #expect(demo["path"] == "builtin:fashion-mnist/demo" && demo["kind"] == "recipe")
            #expect(demo["summary"]?.hasPrefix("The demo: ") == true)

            let shown = try Tool.run("recipe", "show", "builtin:svhn/500-conv-small-fce-vat", in: folder)
            #expect(shown.status == 0 && shown.out.contains("name = \"svhn/500-conv-small-fce-vat\""))
            let states = try Tool.run(
                "reproduce", "builtin:2d/table-figure2", "--list", "--seeds", "1", in: folder)
            #expect(states.status == 0, "\(states.err)")
            #expect(states.out.contains("2d/figure2-nce"))
        }
    }

    /// Workers are started with the built-in name, and the result says how to repeat it.
    @Test func builtInTablesAreTrained() throws {
        try withFolder { folder in
            let output = try Tool.run(
                "train", "builtin:2d/figure2-nce", "--smoke", "--out", "run", "--threads", "1", "--quiet",
                in: folder)
            #expect(output.status == 0, "\(output.err)")
            let result = try RunFiles(path: "\(folder)/run").result()
            #expect(result.command == "fce train builtin:2d/figure2-nce --seed 1 --threads 1 --smoke")
            let table = try Tool.run(
                "reproduce", "builtin:2d/table-figure2", "--smoke", "--quiet", in: folder)
            #expect(table.status == 0, "\(table.err)")
        }
    }

    @Test func unknownOnesAreRefused() throws {
        try withFolder { folder in
            let train = try Tool.run("train", "builtin:fashion-mnist/dmo", in: folder)
            #expect(train.status == 66)
            #expect(
                train.err == "fce: error: there is no built-in recipe fashion-mnist/dmo; did you mean "
                    + "builtin:fashion-mnist/demo? `fce recipe list` names all of them\n")
            #expect(try Tool.run("recipe", "list", "nothing", in: folder).status == 64)
        }
    }
}
