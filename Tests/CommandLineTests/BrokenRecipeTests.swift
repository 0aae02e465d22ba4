import Foundation
import Testing

/// Recipes that are no TOML, by every command that reads one.
@Suite struct BrokenRecipeTests {
    @Test func everyCommandNamesThePlace() throws {
        try withFolder { folder in
            try write("method = \"fce\"\n[\n", to: "\(folder)/broken.toml")
            try write("extends = \"broken.toml\"\n", to: "\(folder)/child.toml")
            try write(
                "title = \"t\"\nrecipes = [\"broken.toml\"]\n", to: "\(folder)/table.toml")
            let commands = [
                ["recipe", "check", "broken.toml"], ["recipe", "check", "child.toml"],
                ["recipe", "show", "broken.toml"], ["train", "broken.toml"], ["train", "child.toml"],
                ["reproduce", "broken.toml"], ["reproduce", "table.toml"],
            ]
            for command in commands {
                try expectPlace("broken.toml:2:2: TOML syntax: ", of: command, in: folder)
            }
        }
    }

    @Test func runsWithABrokenRecipeAreRefused() throws {
        _ = try TinyRun.output()
        try withFolder { folder in
            try FileManager.default.copyItem(atPath: TinyRun.path, toPath: "\(folder)/run")
            try write("[.data]\n", to: "\(folder)/run/recipe.toml")
            for command in [
                ["predict", "run", "x.png"], ["eval", "run"], ["sample", "run", "--out", "x.png"],
            ] {
                try expectPlace("run/recipe.toml:1:2: TOML syntax: ", of: command, in: folder)
            }
        }
    }

    private func expectPlace(_ place: String, of command: [String], in folder: String) throws {
        let output = try Tool.start(command, in: folder).finish()
        #expect(output.status == 78, "\(command): \(output.err)")
        #expect(output.err.contains("fce: error: \(place)"), "\(command): \(output.err)")
        #expect(output.err.split(separator: "\n").count == 1)
    }
}
