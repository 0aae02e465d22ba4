import Foundation
import Runs
import Scores
import Training

@testable import Datasets

/// A run's header, with strings that try to break out of the page.
func header(name: String = "svhn10k/500-fce") -> RunHeader {
    var recipe = Recipe()
    recipe.name = name
    return RunHeader(
        recipe: recipe, tool: "fce 0.1.0", commit: "abc123",
        machine: MachineRecord(
            cpu: "a & b", isa: "AVX2", blas: "OpenBLAS", onednn: "none", threads: 2, precision: "float32"),
        data: DataRecord(
            name: "svhn10k", sha256: String(repeating: "a", count: 64), train: 7000, test: 4, classes: 2,
            height: 2, width: 2, channels: 3),
        startedAt: "2026-01-01T00:00:00Z")
}

/// A result of `recipe` with a test error in 0...1.
func result(_ name: String, seed: Int, error: Double?, paper: Double? = nil) -> RunResult {
    var recipe = Recipe()
    recipe.name = name
    recipe.seed = seed
    recipe.report.paper = paper.map { .init(value: $0, sd: 0.28, cell: "Table 4") }
    let split = Split(
        format: 1, rule: "class-balanced", seed: 1, data: "abc", labelled: [1, 2], unlabelled: [1, 2, 3],
        validation: [0])
    var result = RunResult(
        recipe: recipe, header: header(name: name), split: split, command: "fce train \(name).toml")
    result.scores[.testError] = error
    result.scores[.flowBitsPerDim] = 2.5
    result.seconds = 90
    result.steps = ["joint": 20, "flow-mle": 10]
    return result
}

/// An empty folder that is removed when `body` is done.
func withTemporaryFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path)
}

/// Vigna's SplitMix64.
struct SplitMix {
    var state: UInt64

    mutating func uniform() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
    }

    mutating func normal() -> Double { (-2 * log(1 - uniform())).squareRoot() * cos(2 * .pi * uniform()) }
}
