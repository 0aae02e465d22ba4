import Flows
import Foundation
import Runs
import System
import Tensors
import Training

/// Committed results: what a table is made of, over as many sittings as it takes.
extension TableCells {
    /// The committed results of the table's recipes with any seed, in the order of the rows, then of the seeds.
    ///
    /// - Parameter data: what the cells are trained on; nil where that is unknown.
    /// - Throws: `UserError(.data)` for one that is damaged, of other data, or not of its recipe as it is now.
    public func records(_ data: DataIdentity? = nil) throws -> [RunResult] {
        let names = (try? Files.list(results)) ?? []
        return try recipes.flatMap { recipe -> [RunResult] in
            let prefix = Self.stem(recipe) + "-seed-"
            let seeds = names.compactMap { name -> Int? in
                guard name.hasPrefix(prefix), name.hasSuffix(".json") else { return nil }
                let digits = name.dropFirst(prefix.count).dropLast(".json".count)
                return Int(digits).flatMap { String($0) == digits && $0 >= 0 ? $0 : nil }
            }
            return try seeds.sorted().compactMap { seed in
                let cell = cell(of: recipe, seed: seed)
                guard let result = try RunFiles.result(at: cell.record) else { return nil }
                try cell.expect(result, data, at: cell.record)
                return result
            }
        }
    }

    /// Makes the folder of results, before the first hour of training and not after it.
    /// - Throws: `UserError(.output)` when results cannot be written there.
    public func makeResultsFolder() throws {
        try Files.makeFolder(results, advice: "choose another --results")
    }

    /// The rows and seeds of the table without a committed result, such as `500-fce (seeds 2, 3)`.
    public func missing(from results: [RunResult]) -> [String] {
        recipes.compactMap { recipe in
            let known = Set(results.filter { $0.recipe == recipe.name }.map(\.seed))
            let seeds = table.seeds.filter { !known.contains($0) }
            guard !seeds.isEmpty else { return nil }
            let list = seeds.map(String.init).joined(separator: ", ")
            return "\(recipe.name) (seed\(seeds.count == 1 ? "" : "s") \(list))"
        }
    }
}

extension TableCell {
    /// Copies the run's `result.json` to where it can be committed, unless it is there, and returns it.
    /// - Throws: `UserError` when the run has no result, when it is not of this cell, or when it cannot be written.
    package func recordResult() throws -> RunResult {
        let result = try run.result()
        try expect(result, nil, at: run.path)
        if try RunFiles.result(at: record) == result { return result }
        let bytes = try Files.read(run.file("result.json"))
        try AtomicFile.write(to: record) { file in try bytes.withUnsafeBytes { try file.append($0) } }
        return result
    }

    /// What a worker is started with, but for its threads.
    ///
    /// - Parameter origin: the run directory to continue.
    package func arguments(_ options: TableOptions, flowPerSeed: Bool, origin: String? = nil) -> [String] {
        var words = ["train", file, "--seed", String(seed), "--resume"]
        words += ["--out", run.path, "--flows", options.flows]
        if let precision = options.precision, recipe.precision == .auto {
            words += ["--precision", precision.rawValue]
        }
        if let origin { words += ["--from", origin] }
        if let data = options.data { words += ["--data", data] }
        words += overrides.flatMap { ["--set", $0] }
        if flowPerSeed { words += ["--set", "flow.seed=\(recipe.flow.seed)"] }
        if options.isSmoke { words.append("--smoke") }
        if options.isVerbose { words.append("--verbose") }
        return words
    }
}
