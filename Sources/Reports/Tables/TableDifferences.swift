import Runs
import System

/// The sentences say what rows of a table share, and what sets them apart beside their method.
extension ResultsTable {
    /// Says which runs share a trained flow; empty for a table without flows, or of results too old to say.
    var flowSentences: [String] {
        let results = rows.flatMap(\.results).filter { $0.flowHash != nil }
        let names = unique(results.map(\.recipe)).joined(separator: ", ")
        let flows = Set(results.compactMap(\.flowHash))
        guard let first = results.first, results.count > 1 else { return [] }
        if flows.count == 1 {
            let seed = first.flowSeed.map { ", of seed \($0)," } ?? ""
            return ["One flow\(seed) was trained once and is shared by all runs of \(names)."]
        }
        let seeds = Set(results.map(\.seed))
        let pairs = Set(results.map { "\($0.seed) \($0.flowHash ?? "")" })
        if flows.count == seeds.count && pairs.count == seeds.count {
            return ["Every seed has a trained flow of its own, shared by \(names)."]
        }
        return ["\(flows.count) trained flows serve the \(results.count) runs of \(names)."]
    }

    /// Says which rows differ among each other, or from the paper, in more than their method.
    var differenceSentences: [String] {
        let among = [
            groups(\.base).map { "Rows differ in base: \($0)." },
            groups(\.network).map { "Rows differ in network: \($0)." },
        ].compactMap(\.self)
        let moved = rows.filter { $0.sample.paper != nil && $0.sample.base != "none" }
        let names = moved.map(\.sample.recipe).joined(separator: ", ")
        let fromPaper =
            moved.isEmpty ? [] : ["The paper's base is none, that of these rows is not: \(names)."]
        return among + fromPaper
    }

    /// `a (row, row), b (row)`; nil where all rows have the same value.
    private func groups(_ value: (RunResult) -> String) -> String? {
        let values = unique(rows.map { value($0.sample) })
        guard values.count > 1 else { return nil }
        return values.map { one in
            let names = rows.filter { value($0.sample) == one }.map(\.sample.recipe)
            return "\(one) (\(names.joined(separator: ", ")))"
        }.joined(separator: ", ")
    }
}

extension ResultsTable {
    /// The names of a table's four files.
    public static let fileNames = ["table.md", "table.csv", "table.json", "table.tex"]

    /// Writes the table to `folder` in all its forms, which is there.
    /// - Throws: `UserError(.output)` when a file cannot be written.
    public func write(to folder: String) throws {
        for (name, text) in zip(Self.fileNames, [markdown, csv, try json(), latex]) {
            try AtomicFile.write(text, to: "\(folder)/\(name)")
        }
    }
}
