import Evaluation
import Runs
import Scores
import System
import Training

/// Results of runs as the papers print them: a row for each cell, mean ± sample sd over seeds, every seed
/// listed, beside the paper's number.
public struct ResultsTable: Sendable {
    /// One cell: the runs of one recipe, which differ only in their seeds.
    public struct Row: Sendable {
        /// Results in the order of their seeds.
        public let results: [RunResult]
        /// Test error in 0...1 of the last iterate; nil for methods without a classifier.
        public let error: Summary?

        /// The result holds what the cell's runs share.
        public let sample: RunResult

        init(_ results: [RunResult], sample: RunResult) {
            self.results = results.sorted { $0.seed < $1.seed }
            self.sample = sample
            let errors = results.compactMap { $0.scores[.testError] }
            error = errors.isEmpty ? nil : Summary(errors)
        }
    }

    public let rows: [Row]
    /// The result holds what every row shares: data, split rule, selection.
    public let shared: RunResult
    /// The title stands above the table.
    public var title = ""
    /// The caption ends with these sentences.
    public var notes: [String] = []
    /// The recipe that the other rows are compared with; nil: that of the first row that classifies.
    public private(set) var against: String?

    /// Groups results by recipe, in the order the recipes first appear.
    ///
    /// - Throws: `UserError` without results, when rows were not measured alike (other data, split or
    ///   selection rule), when a cell mixes protocols or ways to share a flow, has one seed twice, or a seed without its
    ///   test error.
    public init(_ results: [RunResult]) throws {
        guard let first = results.first else {
            throw UserError(
                .missing, "no results to tabulate", advice: "name result.json files or run folders")
        }
        for result in results { try Self.expectComparable(first, result) }
        try Self.expectEqualQuality(results)
        var order: [String] = []
        var cells: [String: [RunResult]] = [:]
        for result in results {
            if cells[result.recipe] == nil { order.append(result.recipe) }
            cells[result.recipe, default: []].append(result)
        }
        rows = try order.compactMap { name in
            guard let cell = cells[name], let sample = cell.first else { return nil }
            try Self.expectOneCell(cell, sample)
            return Row(cell, sample: sample)
        }
        shared = first
    }

    /// The table with its rows compared with those of `recipe`, a name with or without its folder.
    /// - Throws: `UserError(.missing)` when no row is called so.
    public func compared(with recipe: String) throws -> ResultsTable {
        var copy = self
        copy.against = recipe
        guard copy.reference != nil else {
            throw UserError(
                .missing, "no row is called \(recipe)",
                advice: "choose among " + rows.map(\.sample.recipe).joined(separator: ", "))
        }
        return copy
    }

    /// Throws `UserError(.data)` for results of other data, split or selection rule.
    static func expectComparable(_ first: RunResult, _ other: RunResult) throws {
        // Results of old do not say which their test images were.
        let unknown = first.testSHA256 ?? other.testSHA256 ?? ""
        let rules: [(String, String, String)] = [
            ("data", first.dataSHA256, other.dataSHA256),
            ("numbers of test images", String(first.testCount), String(other.testCount)),
            ("test images", first.testSHA256 ?? unknown, other.testSHA256 ?? unknown),
            ("split rules", first.splitRule, other.splitRule),
            ("selection rules", first.selection, other.selection),
        ]
        guard let (what, a, b) = rules.first(where: { $0.1 != $0.2 }) else { return }
        throw UserError(
            .data,
            "the \(what) differ: \(name(first)) has \(a.prefix(24)), \(name(other)) has \(b.prefix(24))",
            advice: "put them into separate tables")
    }

    /// Throws `UserError(.data)` where samples were compared in other features, with other images or in other numbers.
    private static func expectEqualQuality(_ results: [RunResult]) throws {
        var first: [SampleQuality.Kind: (quality: SampleQuality, result: RunResult)] = [:]
        for result in results {
            for quality in result.sampleQuality ?? [] {
                guard let known = first[quality.kind] else {
                    first[quality.kind] = (quality, result)
                    continue
                }
                guard !quality.isComparable(with: known.quality) else { continue }
                throw UserError(
                    .data,
                    "the distances of samples are not comparable: \(name(known.result)) has "
                        + "\(known.quality.description), \(name(result)) has \(quality.description)",
                    advice: "evaluate both alike with `fce eval`")
            }
        }
    }

    private static func expectOneCell(_ cell: [RunResult], _ sample: RunResult) throws {
        if let other = cell.first(where: { $0.protocolHash != sample.protocolHash }) {
            throw UserError(
                .data,
                "\(name(sample)) and \(name(other)) share a name but not a protocol "
                    + "(\(sample.protocolHash.prefix(12)), \(other.protocolHash.prefix(12)))",
                advice: "rename one recipe, or repeat the older runs")
        }
        let flows = cell.compactMap(\.flowSeed)
        guard [1, flows.count].contains(Set(flows).count) || flows.isEmpty else {
            throw UserError(
                .data, "some seeds of \(sample.recipe) share a flow and others have their own",
                advice: "put them into separate tables")
        }
        var seeds: Set<Int> = []
        if let twice = cell.first(where: { !seeds.insert($0.seed).inserted }) {
            throw UserError(
                .data, "\(name(twice)) appears twice",
                advice: "a seed counts once; leave one of the files out")
        }
        if let final = cell.first(where: { $0.isFinal == true }) {
            throw UserError(
                .data, "\(name(final)) is a final run, which is tested on nothing",
                advice: "leave it out of the table")
        }
        if let unfinished = cell.first(where: {
            ($0.scores[.testError] == nil) != (sample.scores[.testError] == nil)
        }) {
            let which = unfinished.scores[.testError] == nil ? unfinished : sample
            throw UserError(
                .data, "\(name(which)) has no test error but other seeds have", advice: "finish the run first"
            )
        }
    }

    private static func name(_ result: RunResult) -> String { "\(result.recipe) seed \(result.seed)" }
}

extension ResultsTable.Row {
    /// The test errors in percent, in the order of the seeds.
    var percentages: [Double] { results.compactMap { $0.scores[.testError].map { 100 * $0 } } }

    /// Our mean error minus the paper's, in points of percent; nil without a paper's number.
    public var difference: Double? {
        guard let error, let paper = sample.paper else { return nil }
        return 100 * error.mean - paper.value
    }

    /// Student's 95 % interval of `difference` over seeds, the paper's number taken as exact.
    public var differenceInterval: Interval? {
        guard let paper = sample.paper else { return nil }
        return Summary(percentages).differenceInterval(
            from: paper.value)
    }

    /// Which of `count` images each seed misses.
    /// - Throws: `UserError` when a run did not record it of so many.
    func wrong(_ count: Int) throws -> [[Bool]] {
        try results.map { result in
            guard let wrong = result.wrongImages(count: count) else {
                throw UserError(
                    .data,
                    "\(result.recipe) seed \(result.seed) does not say which of \(count) test images it misses",
                    advice: "evaluate the run once more")
            }
            return wrong
        }
    }
}
