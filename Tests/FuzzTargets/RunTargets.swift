import Datasets
import Evaluation
import Foundation
import Recipes
import Reports
import Runs
import System
import Tables
import Training

extension FuzzTarget {
    /// Recipes, and the files of runs.
    static let runs: [FuzzTarget] = [
        FuzzTarget("recipe", file: "recipe.toml", bytesPerByte: 16384) { path in
            let recipe = try Recipe.load(path)
            guard try Recipe.parse(recipe.canonical).hash == recipe.hash else {
                throw Finding(description: "the resolved recipe has another hash")
            }
        },
        FuzzTarget("table", file: "table-x.toml", bytesPerByte: 16384) { path in
            _ = try TableFile.load(path)
        },
        FuzzTarget("safetensors", file: "x.safetensors", bytesPerByte: 4096) { path in
            let file = try SafetensorsFile(path: path)
            for (_, tensor) in file.tensors { _ = (tensor.floats(), tensor.doubles(), tensor.integers()) }
            try expectSame(file, writtenBeside: path)
        },
        ofRun("state", "state-0-2.safetensors", longest: 65536) { run, path in try run.resume(from: path) },
        ofRun("weights", "weights.safetensors", longest: 65536) { run, path in try run.load(weights: path) },
        file("run-json", "run.json"),
        file("result", "result.json"),
        file("evaluation", "evaluation.json"),
        file("metrics", "metrics.jsonl"),
        file("probe", "probe.json"),
        file("progress", "progress.json"),
        file("densities", "samples/densities.json"),
        file("predictions", "predictions.safetensors"),
    ]

    /// A file of a run, which the run's page and the tables show.
    private static func file(_ name: String, _ place: String) -> FuzzTarget {
        ofRun(name, Files.split(place).name) { run, path in try run.show(path, as: place) }
    }

    private static func ofRun(
        _ name: String, _ file: String, longest: Int = 16384,
        _ read: @escaping @Sendable (_ run: SampleRun, _ path: String) throws -> Void
    ) -> FuzzTarget {
        let run = LateRun()
        return FuzzTarget(name, file: file, longest: longest, fixedBytes: 64 << 20, bytesPerByte: 65536) {
            path in
            try read(try run.get(), path)
        }
    }

    private static func expectSame(_ file: SafetensorsFile, writtenBeside path: String) throws {
        let copy = "\(Files.split(path).folder)/copy.safetensors"
        try file.write(to: copy)
        guard try SafetensorsFile(path: copy) == file else {
            throw Finding(description: "what is written does not read back")
        }
    }
}
