import Foundation
import Testing

extension CommandLine {
    @Suite struct ErrorTests {
        /// One line on standard error that begins as every error does.
        private func expectError(
            _ output: Tool.Output, _ status: Int32, _ words: String...,
            at location: SourceLocation = #_sourceLocation
        ) {
            #expect(output.status == status, "\(output.err)", sourceLocation: location)
            let lines = output.err.split(separator: "\n").filter { $0.hasPrefix("fce: error: ") }
            #expect(lines.count == 1, "\(output.err)", sourceLocation: location)
            let missing = words.filter { !output.err.contains($0) }
            #expect(missing == [], "\(output.err)", sourceLocation: location)
        }

        private func withRecipe(_ text: String, _ body: (String) throws -> Void) throws {
            try withFolder { folder in
                try write(text, to: "\(folder)/tiny.toml")
                try body(folder)
            }
        }

        private let onImages = """
            method = "supervised"
            [data]
            source = "fashion-mnist"
            directory = "images"
            labels = 100
            [[phase]]
            kind = "supervised"
            steps = 2
            """

        @Test func aWrongKeyIsNamedWithItsLine() throws {
            try withRecipe(tinyRecipe.replacing("blocks = 1", with: "bloks = 1")) { folder in
                let output = try Tool.run("train", "tiny.toml", in: folder)
                expectError(output, 78, "tiny.toml:15", "`flow.bloks`", "blocks")
                #expect(!exists("\(folder)/Runs"))
            }
        }

        @Test func aMissingRecipeOrRunIsNamed() throws {
            try withFolder { folder in
                expectError(try Tool.run("train", "none.toml", in: folder), 66, "none.toml")
                expectError(try Tool.run("eval", "none", in: folder), 66, "none/run.json")
                expectError(try Tool.run("table", "none", in: folder), 66, "none")
            }
        }

        @Test func missingDataAreNamedWithTheRemedy() throws {
            try withRecipe(onImages) { folder in
                let output = try Tool.run("train", "tiny.toml", in: folder)
                expectError(output, 66, "images/train-images-idx3-ubyte.gz", "apt-get install")
                #expect(!exists("\(folder)/Runs"))
            }
        }

        @Test func truncatedDataAreAnErrorOfTheFile() throws {
            try withRecipe(onImages) { folder in
                let images = "\(folder)/images"
                try FileManager.default.createDirectory(atPath: images, withIntermediateDirectories: false)
                // 60,000 images of 28x28, says the header; ten bytes follow.
                let header: [UInt8] = [0, 0, 8, 3, 0, 0, 0xEA, 0x60, 0, 0, 0, 28, 0, 0, 0, 28]
                for name in [
                    "train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1",
                ] {
                    try Data(header + [UInt8](repeating: 7, count: 10)).write(
                        to: URL(fileURLWithPath: "\(images)/\(name)-ubyte"))
                }
                let output = try Tool.run("train", "tiny.toml", in: folder)
                expectError(output, 65, "images/train-images-idx3-ubyte")
            }
        }

        @Test func aDivergedRunKeepsItsCheckpoint() throws {
            try withRecipe(tinyRecipe) { folder in
                let diverging = ["train", "tiny.toml", "--set", "phase.2.optimizer.rate=1e30"]
                let output = try Tool.start(diverging, in: folder).finish()
                expectError(output, 70, "phase 2 (energy)", "rate")
                let checkpoints = "\(folder)/Runs/tiny/seed-1/checkpoints"
                let names = try FileManager.default.contentsOfDirectory(atPath: checkpoints)
                #expect(names.contains { $0.hasPrefix("state-1-") })
                #expect(names.contains("weights-0-flow-mle.safetensors"))
                #expect(!exists("\(folder)/Runs/tiny/seed-1/result.json"))
                // What has been trained before can be used.
                #expect(try Tool.run("sample", "Runs/tiny/seed-1", "--out", "a.jpg", in: folder).status == 0)
            }
        }

        @Test func aFolderThatCannotBeWrittenIsAnErrorOfOutput() throws {
            try withRecipe(tinyRecipe) { folder in
                let output = try Tool.run("train", "tiny.toml", "--out", "/proc/none/run", in: folder)
                expectError(output, 74, "/proc/none/run")
                // Said before a flow is trained, not after.
                let flows = try Tool.run("train", "tiny.toml", "--flows", "/proc/none/flows", in: folder)
                expectError(flows, 74, "/proc/none/flows", "--flows")
                #expect(!exists("\(folder)/Runs/tiny"))
            }
        }

        @Test func aFullStandardOutputIsAnError() throws {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", "\"$0\" recipe keys > /dev/full 2> /dev/null", Tool.path]
            try process.run()
            process.waitUntilExit()
            #expect(process.terminationStatus == 74)
        }

        @Test func aTablesRowsAreCheckedWithIt() throws {
            try withRecipe(tinyRecipe) { folder in
                let table = "title = \"t\"\nseeds = [1]\nrecipes = [\"tiny.toml\"]"
                try write(table, to: "\(folder)/table-t.toml")
                func check(_ words: String...) throws -> Tool.Output {
                    try Tool.start(["recipe", "check", "table-t.toml"] + words, in: folder).finish()
                }
                #expect(try check().status == 0)
                expectError(try check("--set", "flow.bloks=2"), 78, "flow.bloks")
                expectError(try check("--ranks", "2"), 64, "--ranks is for recipes")
            }
        }

        @Test(arguments: [
            ["train"], ["train", "a.toml", "--seed", "1", "--seeds", "1,2"],
            ["train", "a.toml", "--seeds", "1,x"],
            ["train", "a.toml", "--threads", "0"], ["train", "a.toml", "--seed", "-1"], ["nonsense"],
            ["sample", "run", "--out", "a.jpg", "--count", "0"], ["sample", "run", "--out", "a.gif"],
            ["compare", "a"], ["recipe", "keys", "nonsense"],
            ["train", "a.toml", "--seed", "9223372036854775807"], ["eval", "run", "--threads", "100000"],
            ["bench", "--batch", "9223372036854775807"], ["probe", "run", "--draws", "9223372036854775807"],
        ])
        func aCommandLineThatIsNotUnderstoodIsAUsageError(arguments: [String]) throws {
            try withFolder { folder in
                let output = try Tool.start(arguments, in: folder).finish()
                let command = arguments[0] == "nonsense" ? "fce" : "fce \(arguments[0])"
                expectError(output, 64, "(see `\(command)")
                #expect(output.err.split(separator: "\n").count == 1, "\(output.err)")
            }
        }

        @Test func aSubcommandOfASubcommandIsNamedWhole() throws {
            try withFolder { folder in
                expectError(
                    try Tool.start(["recipe", "keys", "x"], in: folder).finish(), 64,
                    "`fce recipe keys --help`")
            }
        }
    }
}
