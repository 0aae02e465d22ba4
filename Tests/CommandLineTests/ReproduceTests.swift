import Foundation
import Runs
import Testing

/// The start recipe on the images of ``writeImages(to:)``, which are not where it says.
private let startOnImages = TinyTable.startRecipe.replacing(
    "\"synthetic\"\nlabels = 8\nsize = 32\ntrain = 64\ntest = 36",
    with: "\"fashion-mnist\"\ndirectory = \"nowhere\"\nlabels = 10"
).replacing("classes = 4", with: "classes = 10")

/// 60 training and 20 test images in the files of Fashion-MNIST.
private func writeImages(to folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    for (name, count) in [("train", 60), ("t10k", 20)] {
        let size = [0, 0, 0, UInt8(count)]
        let images = [0, 0, 8, 3] + size + [0, 0, 0, 28, 0, 0, 0, 28]
        let pixels = (0..<count * 784).map { UInt8(truncatingIfNeeded: $0 * $0 / 77 + $0 / 784 * 31) }
        try Data(images + pixels).write(to: URL(fileURLWithPath: "\(folder)/\(name)-images-idx3-ubyte"))
        let labels = [0, 0, 8, 1] + size + (0..<count).map { UInt8($0 % 10) }
        try Data(labels).write(to: URL(fileURLWithPath: "\(folder)/\(name)-labels-idx1-ubyte"))
    }
}

extension CommandLine {
    @Suite struct ReproduceTests {
        @Test func everyCellIsTrainedOnceAndTheTableGrows() throws {
            try TinyTable.withTable { folder in
                let output = try Tool.start(TinyTable.reproduce + ["--seeds", "1"], in: folder).finish()
                #expect(output.status == 0, "\(output.err)")
                #expect(output.out.hasPrefix("# Tiny\n") && output.out.contains("| tiny | fce-vat |"))
                #expect(output.out.contains("Not finished yet: tiny (seed 2); start (seed 2)."))
                let first = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/Results/tiny-seed-1.json"))

                let rest = try Tool.start(TinyTable.reproduce, in: folder).finish()
                #expect(rest.status == 0 && rest.err.contains("2 of 4 cells done"), "\(rest.err)")
                let all = [
                    "start-seed-1.json", "start-seed-2.json", "table.csv", "table.html", "table.json",
                    "table.md", "table.tex", "tiny-seed-1.json", "tiny-seed-2.json",
                ]
                #expect(try TinyTable.names("\(folder)/Results") == all)
                #expect(try TinyTable.text("\(folder)/Results/table.md") == rest.out)
                let page = try TinyTable.text("\(folder)/Results/table.html")
                #expect(page.contains("<h1><bdi>Tiny</bdi></h1>") && page.contains("Label loss"))
                #expect(rest.out.contains("(2)") && !rest.out.contains("Not finished"))
                #expect(rest.out.contains("One flow, of seed 1, was trained once and is shared by all runs"))
                let after = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/Results/tiny-seed-1.json"))
                #expect(first == after)
                #expect(try TinyTable.names("\(folder)/Runs/flows").count == 1)
                #expect(try Tool.run("table", "Results", in: folder).out.contains("| tiny | fce-vat |"))

                // Results alone are enough: nothing is trained again.
                try FileManager.default.removeItem(atPath: "\(folder)/Runs")
                let again = try Tool.start(TinyTable.reproduce, in: folder).finish()
                #expect(again.status == 0 && again.out == rest.out)
                #expect(!exists("\(folder)/Runs"))
                #expect(
                    try TinyTable.text("\(folder)/Results/table.html").contains("no run directory is at hand")
                )
            }
        }

        @Test func aTableOfChangedRecipesSaysSo() throws {
            try TinyTable.withTable { folder in
                let command = ["reproduce", "table.toml", "--smoke", "--threads", "2", "--set"]
                let output = try Tool.start(command + ["energy.slope=0.1"], in: folder).finish()
                #expect(output.status == 0, "\(output.err)")
                #expect(output.out.hasPrefix("# Tiny, energy.slope=0.1\n"))
                let wrong = try Tool.start(command + ["energy.slop=0.1"], in: folder).finish()
                #expect(wrong.status == 78 && wrong.err.contains("did you mean"), "\(wrong.err)")
            }
        }

        @Test func knownDensitiesGetTheirCurvesAndOnePicture() throws {
            try TinyTable.withTable { folder in
                let shared = """
                    precision = "float32"
                    evaluate = { every = 1 }
                    [data]
                    source = "plane"
                    density = "eight-gaussians"
                    train = 100
                    test = 50
                    [flow]
                    kind = "plane"
                    width = 8
                    couplings = COUPLINGS
                    [energy]
                    network = "mlp"
                    base = "none"
                    classes = 1
                    width = 0.125

                    """
                let noise = """
                    [[phase]]
                    kind = "flow-mle"
                    steps = 1
                    [[phase]]
                    kind = "energy"
                    steps = 3
                    """
                let joint = """
                    [[phase]]
                    kind = "joint"
                    steps = 3
                    guard = 1000
                    gate = { high = 0.0, low = 0.0, smoothing = 0.0, cap = 1 }
                    """
                try write(
                    "method = \"nce\"\n" + shared.replacing("COUPLINGS", with: "0") + noise,
                    to: "\(folder)/noise.toml")
                try write(
                    "method = \"fce\"\n" + shared.replacing("COUPLINGS", with: "2") + joint,
                    to: "\(folder)/turns.toml")
                let table = """
                    title = "Eight"
                    seeds = [1, 2]
                    recipes = ["noise.toml", "turns.toml"]
                    results = "Eight"
                    """
                try write(table, to: "\(folder)/eight.toml")
                let output = try Tool.start(["reproduce", "eight.toml"], in: folder).finish()
                #expect(output.status == 0 && output.out.contains("EBM, nats²"), "\(output.err)")
                let curves = try TinyTable.text("\(folder)/Eight/log-density.csv")
                for row in ["noise,1,3,", "noise,2,1,", "turns,1,2,", "turns,2,3,"] {
                    #expect(curves.contains("\r\n\(row)"))
                }
                #expect(
                    try TinyTable.text("\(folder)/Eight/log-density.svg").contains("updates of the energy"))
                let runs = try TinyTable.names("\(folder)/Runs").filter { $0 != "flows" }.map { "Runs/\($0)" }
                let picture = try Tool.start(["report"] + runs + ["--figure", "all.svg"], in: folder)
                    .finish()
                #expect(picture.status == 0 && picture.out == "all.svg\n", "\(picture.err)")
                #expect(try TinyTable.text("\(folder)/all.svg").contains("Glow-FCE"))
            }
        }

        @Test func aCellGoesOnFromTheCellThatBeginsIt() throws {
            try TinyTable.withTable { folder in
                try #require(try Tool.start(TinyTable.reproduce, in: folder).finish().status == 0)
                for seed in [1, 2] {
                    let log = try TinyTable.text("\(folder)/Runs/tiny/seed-\(seed)/train.log")
                    #expect(log.contains("continuing Runs/start/seed-\(seed)"))
                }
                let whole = try Tool.run(
                    "train", "tiny.toml", "--threads", "1", "--seed", "2", "--out", "whole", in: folder)
                #expect(whole.status == 0)
                let differences = try RunNumbers("\(folder)/whole").differences(
                    from: TinyTable.numbers(folder)[1])
                #expect(differences == [])
            }
        }

        @Test func seedsMayHaveFlowsOfTheirOwn() throws {
            try TinyTable.withTable { folder in
                let own = TinyTable.table("start").replacing("seeds", with: "flow-per-seed = true\nseeds")
                try write(own, to: "\(folder)/table.toml")
                let drawn = try Tool.start(TinyTable.reproduce, in: folder).finish()
                #expect(drawn.status == 65 && drawn.err.contains("remove flow-per-seed"), "\(drawn.err)")

                try writeImages(to: "\(folder)/images")
                try write(startOnImages, to: "\(folder)/start.toml")
                let missing = try Tool.start(TinyTable.reproduce, in: folder).finish()
                #expect(missing.status == 66 && missing.err.contains("nowhere/train-images"))
                let command = TinyTable.reproduce + ["--data", "images"]
                let output = try Tool.start(command, in: folder).finish()
                #expect(output.status == 0, "\(output.err)")
                #expect(try TinyTable.names("\(folder)/Runs/flows").count == 2)
                #expect(output.out.contains("Every seed has a trained flow of its own"))
                let results = try [1, 2].map {
                    try RunFiles(path: "\(folder)/Runs/start/seed-\($0)").result()
                }
                #expect(results.map(\.flowSeed) == [1, 2])
                #expect(results[1].command.contains("--set flow.seed=2"))
                // A table of one shared flow does not take them.
                try write(TinyTable.table("start"), to: "\(folder)/table.toml")
                let shared = try Tool.start(command, in: folder).finish()
                #expect(shared.status == 65 && shared.err.contains("seed of the flow (2, here 1)"))
            }
        }

        @Test func theListSaysWhatIsDoneAndWhatWaits() throws {
            try TinyTable.withTable { folder in
                try #require(
                    try Tool.run("reproduce", "table.toml", "--seeds", "1", "--quiet", in: folder).status == 0
                )
                let list = try Tool.run("reproduce", "table.toml", "--list", in: folder)
                #expect(list.status == 0)
                let lines = list.out.split(separator: "\n").map(String.init)
                #expect(lines.count == 5)
                #expect(lines.dropFirst().first == "tiny      1  done: Results/tiny-seed-1.json")
                #expect(lines.contains("tiny      2  to do, after start, seed 2"))
                #expect(lines.contains("start     2  to do, its flow is there"))
                #expect(!exists("\(folder)/Runs/tiny/seed-2"))
                let cells = try #require(
                    try Tool.run("reproduce", "table.toml", "--list", "--json", in: folder).json()
                        as? [[String: Any]])
                #expect(cells.count == 4 && cells[0]["recipe"] as? String == "tiny")
                #expect(cells[0]["state"] as? String == "done: Results/tiny-seed-1.json")
            }
        }

        @Test func aFailingCellTakesOnlyItsDependantsWithIt() throws {
            try TinyTable.withTable { folder in
                let rate = "kind = \"energy\"\noptimizer = { kind = \"adam\", rate = 1e30 }"
                func bad(_ recipe: String, _ name: String) -> String {
                    recipe.replacing("kind = \"energy\"", with: rate)
                        .replacing("\nname = \"\(name)\"", with: "\nname = \"bad-\(name)\"")
                }
                try write(bad(tinyRecipe, "tiny"), to: "\(folder)/bad-tiny.toml")
                try write(bad(TinyTable.startRecipe, "start"), to: "\(folder)/bad-start.toml")
                try write(TinyTable.table("bad-tiny", "bad-start", "start"), to: "\(folder)/table.toml")
                let output = try Tool.start(TinyTable.reproduce + ["--seeds", "1"], in: folder).finish()
                #expect(output.status == 69)
                #expect(output.err.contains("bad-start, seed 1 failed: phase 2 (energy)"), "\(output.err)")
                #expect(
                    output.err.contains(
                        "bad-tiny, seed 1 skipped: it continues bad-start, seed 1, which has no result"))
                #expect(output.err.contains("fce: error: table.toml: 2 of 3 cells have no result"))
                #expect(!exists("\(folder)/Runs/bad-tiny/seed-1"))
                #expect(
                    try TinyTable.names("\(folder)/Results").filter { $0.contains("seed") } == [
                        "start-seed-1.json"
                    ])
                #expect(output.out.contains("| start |") && !output.out.contains("| bad"))
            }
        }

        @Test(arguments: ["dataSHA256", "protocolHash", "splitRule", "selection"])
        func resultsOfAnotherKindAreRefusedBeforeAnythingIsTrained(key: String) throws {
            _ = try TinyRun.output()
            try TinyTable.withTable { folder in
                let results = "\(folder)/Results"
                try FileManager.default.createDirectory(atPath: results, withIntermediateDirectories: false)
                let json = try Data(contentsOf: URL(fileURLWithPath: "\(TinyRun.path)/result.json"))
                var result = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
                result[key] = "other"
                try JSONSerialization.data(withJSONObject: result)
                    .write(to: URL(fileURLWithPath: "\(results)/tiny-seed-1.json"))
                let output = try Tool.start(TinyTable.reproduce, in: folder).finish()
                #expect(output.status == 65)
                #expect(output.err.contains("Results/tiny-seed-1.json: cannot merge"), "\(output.err)")
                #expect(!exists("\(folder)/Runs"))
                let list = try Tool.run("reproduce", "table.toml", "--list", in: folder)
                #expect(list.status == 0 && list.out.contains("refused: Results/tiny-seed-1.json"))
            }
        }

        @Test(arguments: [[], ["--table-only"]])
        func theFolderOfAnotherTableIsRefused(flags: [String]) throws {
            _ = try TinyRun.output()
            try TinyTable.withTable { folder in
                try FileManager.default.createDirectory(
                    atPath: "\(folder)/Results", withIntermediateDirectories: false)
                try FileManager.default.copyItem(
                    atPath: "\(TinyRun.path)/result.json", toPath: "\(folder)/Results/tiny-seed-1.json")
                try write("# Other\n\n", to: "\(folder)/Results/table.md")
                let output = try Tool.start(TinyTable.reproduce + flags, in: folder).finish()
                #expect(output.status == 65)
                #expect(output.err.contains("the folder has another table: # Other"), "\(output.err)")
                #expect(try TinyTable.text("\(folder)/Results/table.md") == "# Other\n\n")
                #expect(!exists("\(folder)/Runs"))
            }
        }

        @Test func cellsOfDifferentDataAreRefused() throws {
            try TinyTable.withTable { folder in
                let other = TinyTable.startRecipe.replacing("train = 64", with: "train = 72")
                try write(other, to: "\(folder)/start.toml")
                let output = try Tool.start(TinyTable.reproduce, in: folder).finish()
                #expect(output.status == 65 && output.err.contains("have different data"), "\(output.err)")
                #expect(!exists("\(folder)/Runs"))
            }
        }

        @Test func aRunOfAnotherRecipeIsRefused() throws {
            try TinyTable.withTable { folder in
                let train = ["train", "start.toml", "--set", "phase.2.optimizer.rate=1e30"]
                try #require(try Tool.start(train, in: folder).finish().status == 70)
                let output = try Tool.start(TinyTable.reproduce, in: folder).finish()
                #expect(output.status == 78 && output.err.contains("`phase.2.optimizer.rate`"))
            }
        }

        @Test func tablesAndRecipesAreToldApart() throws {
            try TinyTable.withTable { folder in
                let train = try Tool.run("train", "table.toml", in: folder)
                #expect(train.status == 78 && train.err.contains("fce reproduce"))
                let recipe = try Tool.run("reproduce", "tiny.toml", in: folder)
                #expect(recipe.status == 78 && recipe.err.contains("fce train"))
                let check = try Tool.run("recipe", "check", "table.toml", "tiny.toml", in: folder)
                #expect(check.status == 0 && check.out.contains("row 2"))
                let none = try Tool.run("reproduce", "table.toml", "--table-only", in: folder)
                #expect(none.status == 66 && none.err.contains("no results of this table yet"))
            }
        }

        @Test func aSmokeRunLeavesNothing() throws {
            try TinyTable.withTable { folder in
                let output = try Tool.run("reproduce", "table.toml", "--smoke", in: folder)
                #expect(output.status == 0 && output.out.contains("| tiny-smoke |"), "\(output.err)")
                #expect(
                    try TinyTable.names(folder).filter { !$0.hasPrefix(".") } == [
                        "start.toml", "table.toml", "tiny.toml",
                    ])
            }
        }
    }
}
