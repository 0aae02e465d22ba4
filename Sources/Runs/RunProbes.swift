import Evaluation

extension RunFiles {
    public func probes() throws -> ProbeRecord { try read(ProbeRecord.self, from: "probe.json") }

    /// Writes results to `probe.json`, beside those of other questions that are there, by rising number of labels.
    /// - Throws: `UserError(.output)`; the old file then stays.
    public func keep(_ results: [ProbeResult], recipeHash: String) throws {
        // A damaged file, or one of another run, is replaced: it holds nothing that the command does not make again.
        let old = (try? probes()).flatMap { $0.recipeHash == recipeHash ? $0.results : nil } ?? []
        let kept = old.filter { earlier in !results.contains { $0.isSameQuestion(as: earlier) } }
        let all = (kept + results).enumerated().sorted {
            ($0.element.labels, $0.offset) < ($1.element.labels, $1.offset)
        }
        try write(ProbeRecord(recipeHash: recipeHash, results: all.map(\.element)), to: "probe.json")
    }
}
