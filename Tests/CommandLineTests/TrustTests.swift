import Foundation
import System
import Testing

extension CommandLine {
    /// The sentences of Docs/security.md about whole commands.
    @Suite struct TrustTests {
        private static let escape = "\u{1B}[2J\u{202E}"
        private static let markup = "<img src=x onerror=alert(1)>"

        /// A copy of the finished run in `folder`, one file of which is changed.
        private func copy(_ folder: String, _ file: String, _ change: (inout String) -> Void) throws -> String
        {
            _ = try TinyRun.output()
            let path = "\(folder)/run"
            try FileManager.default.copyItem(atPath: TinyRun.path, toPath: path)
            var text = try String(contentsOfFile: "\(path)/\(file)", encoding: .utf8)
            change(&text)
            try write(text, to: "\(path)/\(file)")
            return path
        }

        private func expectHarmless(_ output: Tool.Output) {
            let scalars = (output.out + output.err).unicodeScalars
            #expect(
                !scalars.contains { $0.value == 0x1B || $0.value == 0x202E }, "\(output.out) \(output.err)")
        }

        @Test func namesInAResultSteerNoTerminal() throws {
            try withFolder { folder in
                let path = try copy(folder, "result.json") { text in
                    text = text.replacing("\"recipe\" : \"tiny\"", with: #""recipe" : "tiny\u001b[2J\u202e""#)
                    text = text.replacing(
                        "\"dataName\" : \"", with: "\"dataName\" : \"\(Self.escape.dropFirst())")
                }
                let table = try Tool.run("table", path, in: folder)
                #expect(table.status == 0 && table.out.contains(#"tiny\x1B"#), "\(table.err)")
                expectHarmless(table)
                expectHarmless(try Tool.run("watch", path, "--once", in: folder))
            }
        }

        @Test func namesInAHeaderSteerNoTerminalAndAreNoMarkup() throws {
            try withFolder { folder in
                let path = try copy(folder, "run.json") { text in
                    text = text.replacing(
                        "\"recipeName\" : \"tiny\"", with: "\"recipeName\" : \"\(Self.markup)\\u001b\"")
                    text = text.replacing("\"0\"", with: "\"\(Self.markup)\"")
                }
                let watch = try Tool.run("watch", path, "--once", in: folder)
                #expect(watch.status == 0 && watch.out.contains(#"\x1B"#), "\(watch.err)")
                expectHarmless(watch)
                let report = try Tool.run("report", path, "--out", "page.html", in: folder)
                #expect(report.status == 0, "\(report.err)")
                let page = try String(contentsOfFile: "\(folder)/page.html", encoding: .utf8)
                #expect(!page.contains(Self.markup) && page.contains("&lt;img src=x"))
            }
        }

        @Test func aRecipeCannotNameWhatSteersATerminal() throws {
            try withFolder { folder in
                let text = tinyRecipe.replacing("\"tiny\"", with: #""tiny\u001B[2J""#)
                try write(text, to: "\(folder)/tiny.toml")
                let output = try Tool.run("train", "tiny.toml", in: folder)
                #expect(output.status == 78 && output.err.contains("`name` takes a string"), "\(output.err)")
                expectHarmless(output)
            }
        }

        @Test func aRecipesNameLeadsNowhereElse() throws {
            try withFolder { folder in
                try write(tinyRecipe.replacing("\"tiny\"", with: "\"../../up\""), to: "\(folder)/tiny.toml")
                let output = try Tool.run("train", "tiny.toml", "--quiet", in: folder)
                #expect(
                    output.status == 0 && exists("\(folder)/Runs/..-..-up/seed-1/result.json"),
                    "\(output.err)")
                for name in [".", ".."] {
                    try write(
                        tinyRecipe.replacing("\"tiny\"", with: "\"\(name)\""), to: "\(folder)/tiny.toml")
                    #expect(try Tool.run("train", "tiny.toml", in: folder).status == 78)
                }
            }
        }

        /// What each base is, and what the error says of it.
        private static let bases = [
            ("/dev/zero", 66, "is not a regular file"), ("/etc/passwd", 78, "TOML syntax"),
            ("..", 66, "is not a regular file"),
        ]

        @Test(arguments: bases)
        func anExtendedRecipeIsAPlainFile(base: String, status: Int, what: String) throws {
            try withFolder { folder in
                try write("extends = \"\(base)\"\n", to: "\(folder)/a.toml")
                let output = try Tool.run("recipe", "check", "a.toml", in: folder)
                #expect(output.status == Int32(status) && output.err.contains(what), "\(output.err)")
                #expect(output.err.split(separator: "\n").count == 1 && output.err.count < 300)
            }
        }

        @Test func anExtendedRecipeMayLieOutsideAndIsNotLong() throws {
            try withFolder { folder in
                try FileManager.default.createDirectory(
                    atPath: "\(folder)/in", withIntermediateDirectories: true)
                try write(tinyRecipe, to: "\(folder)/base.toml")
                try write("extends = \"../base.toml\"\nname = \"inner\"\n", to: "\(folder)/in/a.toml")
                #expect(try Tool.run("recipe", "check", "in/a.toml", in: folder).status == 0)
                try write(
                    tinyRecipe + String(repeating: "# a comment\n", count: 25_000), to: "\(folder)/base.toml")
                let output = try Tool.run("recipe", "check", "in/a.toml", in: folder)
                #expect(output.status == 66 && output.err.contains("as no recipe is"), "\(output.err)")
            }
        }

        /// What a killed process has left of a run that had its result already.
        @Test(arguments: [
            ["report.html"], ["report.html", "checkpoints/state-3-0.safetensors"],
        ])
        func aRunWithAResultIsCompletedByItsCommand(missing: [String]) throws {
            try withFolder { folder in
                let path = try copy(folder, "result.json") { _ in }
                try write(tinyRecipe, to: "\(folder)/tiny.toml")
                for name in missing { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }
                try write("half", to: "\(path)/.partial-1-report.html")
                try write("half", to: "\(path)/checkpoints/.partial-1-state-3-0.safetensors")
                let output = try Tool.run(
                    "train", "tiny.toml", "--threads", "2", "--out", "run", "--resume", in: folder)
                #expect(output.status == 0, "\(output.err)")
                for name in missing { #expect(exists("\(path)/\(name)"), "\(name)") }
                #expect(!exists("\(path)/.partial-1-report.html"))
                #expect(!exists("\(path)/checkpoints/.partial-1-state-3-0.safetensors"))
                #expect(try RunNumbers(path).differences(from: RunNumbers(TinyRun.path)) == [])
            }
        }

        @Test func aRunIsWrittenThroughLinks() throws {
            try withFolder { folder in
                let path = try copy(folder, "result.json") { _ in }
                try FileManager.default.removeItem(atPath: "\(path)/report.html")
                try write("old", to: "\(folder)/elsewhere.html")
                try FileManager.default.createSymbolicLink(
                    atPath: "\(path)/report.html", withDestinationPath: "../elsewhere.html")
                #expect(try Tool.run("report", path, in: folder).status == 0)
                #expect(try String(contentsOfFile: "\(folder)/elsewhere.html", encoding: .utf8) != "old")
            }
        }
    }
}
