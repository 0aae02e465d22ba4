import Datasets
import EnergyModels
import Foundation
import Recipes
import Runs
import Testing
import Training

/// Somebody's own images, made up: each class a colour and a gradient of its own.
private struct OwnImages {
    /// The pictures of each folder.
    var folders: [(name: String, count: Int)]
    var side = 16
    var channels = 3

    static let shapes: [String: OwnImages] = [
        "two classes of five": of(["cat": 5, "dog": 5]),
        "some unlabelled": of(["train/a": 9, "train/b": 9, "train/c": 9, "unlabelled": 20, "test/a": 2]),
        "one to twenty": of(["rare": 2, "common": 40]),
        "some held out": of(["a": 120, "b": 110, "c": 1]),
        "one class": of(["only": 12]),
        "no classes, and more of them": of([".": 12, "unlabelled": 9]),
        "no classes, grey": of([".": 12], channels: 1),
        "tiny": of(["a": 6, "b": 6], side: 8),
        "names": of(["my \"best\" cats": 6, "it's Füße #1": 6, "unlabelled": 6]),
    ]

    static func of(_ counts: [String: Int], side: Int = 16, channels: Int = 3) -> OwnImages {
        OwnImages(folders: counts.sorted { $0.key < $1.key }.map { ($0, $1) }, side: side, channels: channels)
    }

    func write(to path: String) throws {
        for (shade, folder) in folders.enumerated() {
            try make("\(path)/\(folder.name)")
            for index in 0..<folder.count {
                try picture(shade, index).write(to: "\(path)/\(folder.name)/\(index).png")
            }
        }
    }

    private func make(_ folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private func picture(_ shade: Int, _ index: Int) -> Picture {
        let pixels = (0..<side * side * channels).map {
            UInt8(truncatingIfNeeded: 40 * shade + 7 * index + 3 * ($0 % 29))
        }
        return Picture(width: side, height: side, channels: channels, pixels: pixels)
    }
}

/// Enough of every phase to see that it runs.
private let short = [
    "--set", "checkpoint.every=0", "--set", "energy.width=0.05", "--threads", "1", "--quiet",
]

extension CommandLine {
    @Suite struct InitTests {
        private func shortened(_ file: String, in folder: String) throws -> [String] {
            let phases = try Recipe.load("\(folder)/\(file)").phases
            return short
                + phases.indices.flatMap {
                    ["--set", "phase.\($0 + 1).steps=2", "--set", "phase.\($0 + 1).batch=4"]
                }
        }

        @Test(
            "what init writes is checked, smoked and trained for every shape of data",
            arguments: OwnImages.shapes.keys.sorted())
        func shapes(name: String) throws {
            let images = try #require(OwnImages.shapes[name])
            try withFolder { folder in
                try images.write(to: "\(folder)/My Photos")
                let started = try Tool.run("init", "My Photos", "--no-measure", "--json", in: folder)
                #expect(started.status == 0, "\(name): \(started.err)")
                #expect(try started.object()["file"] as? String == "My-Photos.toml")
                for arguments in [
                    ["recipe", "check", "My-Photos.toml", "--no-measure"],
                    ["train", "My-Photos.toml", "--smoke", "--threads", "1"],
                    ["train", "My-Photos.toml"] + (try shortened("My-Photos.toml", in: folder)),
                ] {
                    let output = try Tool.start(arguments, in: folder).finish()
                    #expect(output.status == 0, "\(name): \(arguments) \(output.err)")
                }
                let run = RunFiles(path: "\(folder)/Runs/My-Photos/seed-1")
                #expect(exists(run.file("report.html")))
                // What init says of the parts is what a run makes of them.
                let parts = try #require(try started.object()["parts"] as? [String: Any])
                let split = try run.split()
                #expect(try run.result().testCount == parts["test"] as? Int, "\(name)")
                #expect(split.validation.count == parts["heldOut"] as? Int, "\(name)")
                #expect(split.labelled.count == (parts["labelled"] as? [Int])?.reduce(0, +), "\(name)")
                let unlabelled = split.unlabelled.count - split.labelled.count
                #expect(unlabelled == parts["unlabelled"] as? Int, "\(name)")
            }
        }

        @Test("a recipe that is there already is replaced only when asked for")
        func force() throws {
            try withFolder { folder in
                try OwnImages.of(["a": 5, "b": 5]).write(to: "\(folder)/Photos")
                try CommandLineTests.write("mine", to: "\(folder)/Photos.toml")
                let refused = try Tool.run("init", "Photos", "--no-measure", in: folder)
                #expect(refused.status == 74 && refused.err.contains("--force"))
                #expect(try String(contentsOfFile: "\(folder)/Photos.toml", encoding: .utf8) == "mine")
                #expect(try Tool.run("init", "Photos", "--no-measure", "--force", in: folder).status == 0)
                #expect(try Recipe.load("\(folder)/Photos.toml").energy.classes == 2)
                let other = try Tool.run(
                    "init", "Photos", "--no-measure", "--out", "b.toml", "--size", "24", in: folder)
                #expect(other.status == 0)
                #expect(try Recipe.load("\(folder)/b.toml").data.size == 24)
            }
        }

        @Test("init says what it found, and every command that it names next is one")
        func text() throws {
            try withFolder { folder in
                try OwnImages.of(["a": 7, "b": 5, "unlabelled": 9]).write(to: "\(folder)/Photos")
                let output = try Tool.run("init", "Photos", "--no-measure", in: folder)
                #expect(output.out.contains("12 labelled images (a 7, b 5), 9 unlabelled"))
                let commands = output.out.split(separator: "\n").map { $0.split(separator: " ") }.filter {
                    $0.first == "fce"
                }
                #expect(commands.count >= 5)
                for command in commands {
                    #expect(try Tool.run(String(command[1]), "--help", in: folder).status == 0, "\(command)")
                }
            }
        }

        private static let refusals: [([String], Int32)] = [
            (["init", "nowhere"], 66), (["init", "empty"], 66), (["init", "text.txt"], 65),
            (["init", "Photos", "--size", "27"], 78), (["init", "Photos", "--method", "gan"], 64),
            (["init", "Photos", "--out", "a.txt"], 64), (["init", "Photos", "text.txt"], 65),
            (["train", "empty"], 66), (["init", "ones"], 65), (["train", "Runs/x/seed-1"], 65),
        ]

        @Test("what is no data is refused in one line", arguments: refusals)
        func refused(arguments: [String], status: Int32) throws {
            try withFolder { folder in
                try OwnImages.of(["a": 5, "b": 5]).write(to: "\(folder)/Photos")
                try OwnImages.of(["a": 1, "b": 1]).write(to: "\(folder)/ones")
                for name in ["empty", "Runs/x/seed-1"] {
                    try FileManager.default.createDirectory(
                        atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
                }
                try CommandLineTests.write("{}", to: "\(folder)/Runs/x/seed-1/run.json")
                try CommandLineTests.write("text", to: "\(folder)/text.txt")
                let output = try Tool.start(arguments, in: folder).finish()
                #expect(output.status == status, "\(arguments): \(output.err)")
                #expect(output.err.split(separator: "\n").count == 1, "\(output.err)")
            }
        }
    }

    @Suite struct TrainFolderTests {
        private let short =
            CommandLineTests.short
            + [
                "--set", "phase.1.steps=2", "--set", "phase.1.labelled-batch=4", "--set",
                "checkpoint.every=1",
            ]

        private func train(_ words: String..., in folder: String) throws -> Tool.Output {
            try Tool.start(["train"] + words + short.filter { $0 != "--quiet" }, in: folder).finish()
        }

        @Test("train takes a folder, writes its recipe beside the run, and goes on with the same command")
        func folder() throws {
            try withFolder { folder in
                try OwnImages.of(["a": 6, "b": 6]).write(to: "\(folder)/Photos")
                let first = try train("Photos", in: folder)
                #expect(first.status == 0, "\(first.err)")
                #expect(first.err.contains("Runs/Photos.toml") && first.err.contains("12 labelled images"))
                #expect(exists("\(folder)/Runs/Photos/seed-1/result.json"))
                let again = try train("Photos", in: folder)
                #expect(again.status == 78 && again.err.contains("--resume"))
                let resumed = try train("Photos", "--resume", in: folder)
                #expect(resumed.status == 0 && resumed.err.contains("has finished already"), "\(resumed.err)")
            }
        }

        @Test("changed images are noticed, and the advice works")
        func changed() throws {
            try withFolder { folder in
                try OwnImages.of(["a": 6, "b": 6]).write(to: "\(folder)/Photos")
                #expect(try train("Photos", in: folder).status == 0)
                try OwnImages.of(["a": 7, "b": 6]).write(to: "\(folder)/Photos")
                for option in [[], ["--resume"]] {
                    let output = try Tool.start(["train", "Photos"] + option + short, in: folder).finish()
                    #expect(
                        output.status == 78 && output.err.contains("12 labelled")
                            && output.err.contains("13 labelled"))
                }
                #expect(try train("Photos", "--out", "Runs/more/", in: folder).status == 0)
                #expect(exists("\(folder)/Runs/more.toml") && exists("\(folder)/Runs/more/result.json"))
            }
        }

        @Test(
            "a recipe that the user changed is used as it is, and another folder of the same name is not taken for it"
        )
        func edited() throws {
            try withFolder { folder in
                try OwnImages.of(["a": 6, "b": 6]).write(to: "\(folder)/Photos")
                let made = try Tool.run(
                    "init", "Photos", "--no-measure", "--size", "24", "--out", "p.toml", in: folder)
                #expect(made.status == 0)
                try FileManager.default.createDirectory(
                    atPath: "\(folder)/Runs", withIntermediateDirectories: true)
                try FileManager.default.moveItem(
                    atPath: "\(folder)/p.toml", toPath: "\(folder)/Runs/Photos.toml")
                #expect(try train("Photos", in: folder).status == 0)
                #expect(try Recipe.load("\(folder)/Runs/Photos/seed-1/recipe.toml").data.size == 24)
                try OwnImages.of(["a": 6, "b": 6]).write(to: "\(folder)/Other/Photos")
                let other = try train("Other/Photos", in: folder)
                #expect(other.status == 78 && other.err.contains("not of Other/Photos"))
            }
        }

        @Test("a smoke run of a folder writes nothing")
        func smoke() throws {
            try withFolder { folder in
                try OwnImages.of(["a": 5, "b": 5]).write(to: "\(folder)/Photos")
                let output = try Tool.run("train", "Photos", "--smoke", "--threads", "1", in: folder)
                #expect(output.status == 0, "\(output.err)")
                #expect(!exists("\(folder)/Runs"))
            }
        }
    }
}
