import Evaluation
import Runs
import Scores
import System
import Training

/// A page about several methods shows this: their results, and of the run directories that are at hand all the rest.
public struct ComparisonContent: Sendable {
    /// The runs of one recipe, in order of their seeds.
    struct Method {
        let recipe: String
        let runs: [ReportContent]
    }

    public var title: String
    /// A table for each number of labels or other split rule: rows of different ones are not measured alike.
    public let tables: [ResultsTable]
    let methods: [Method]
    public var classNames: [String] = []

    /// - Throws: `UserError(.data)` for results or runs of other data.
    public init(tables: [ResultsTable], runs: [ReportContent]) throws {
        self.tables = tables.sorted { $0.shared.labels < $1.shared.labels }
        classNames = runs.lazy.map(\.classNames).first { !$0.isEmpty } ?? []
        title = tables.first?.shared.dataName ?? runs.first?.header.data.name ?? ""
        let recipes = unique(runs.map(\.header.recipeName))
        methods = recipes.map { recipe in
            let own = runs.filter { $0.header.recipeName == recipe }
            return Method(recipe: recipe, runs: own.sorted { $0.header.seed < $1.header.seed })
        }
        try checkData()
    }

    /// Results and runs below `paths`: run directories, finished or not, `result.json` files, folders of either.
    /// - Throws: `UserError` when there are none, when one is damaged, and as tables do.
    public init(paths: [String]) throws {
        let runs = paths.flatMap(ResultFiles.runs)
        let results = try paths.reduce(into: [RunResult]()) { results, path in
            // A run that still trains has no result, and curves all the same.
            if try ResultFiles.hasResults(path) || ResultFiles.runs(path).isEmpty {
                for result in try ResultFiles.read([path]) where !results.contains(result) {
                    results.append(result)
                }
            }
        }
        try self.init(
            tables: Self.tables(results),
            runs: unique(runs.map(\.path)).map { try ReportContent(RunFiles(path: $0)) })
    }

    /// A table for each split rule, by rising number of labels.
    /// - Throws: `UserError` as ``ResultsTable/init(_:)``.
    public static func tables(_ results: [RunResult]) throws -> [ResultsTable] {
        try unique(results.map(\.splitRule))
            .map { rule in try ResultsTable(results.filter { $0.splitRule == rule }) }
            .sorted { $0.shared.labels < $1.shared.labels }
    }

    private func checkData() throws {
        let data =
            tables.map { ($0.shared.recipe, $0.shared.dataSHA256) }
            + methods.flatMap { $0.runs.map { ($0.header.recipeName, $0.header.data.sha256) } }
        guard let first = data.first, let other = data.first(where: { $0.1 != first.1 }) else { return }
        throw UserError(
            .data, "\(first.0) and \(other.0) were trained on different data",
            advice: "make a page for each data set")
    }

    /// All rows of the tables.
    var rows: [ResultsTable.Row] { tables.flatMap(\.rows) }

    /// The run directory of a result, where it is at hand.
    func run(of result: RunResult) -> ReportContent? {
        methods.first { $0.recipe == result.recipe }?.runs.first { $0.header.seed == result.seed }
    }

    func header(of result: RunResult) -> RunHeader? { run(of: result)?.header }

    /// A recipe's name without its folder, where that is enough to tell it from the others.
    func shortName(_ recipe: String) -> String {
        let all = Set(rows.map(\.sample.recipe) + methods.map(\.recipe))
        let stem = Self.stem(recipe)
        return all.count { Self.stem($0) == stem } > 1 ? recipe : stem
    }

    static func stem(_ recipe: String) -> String {
        recipe.split(separator: "/").last.map(String.init) ?? recipe
    }
}

extension ComparisonContent.Method {
    /// The test predictions of all seeds together, after temperature scaling if asked for; nil where a run lacks them.
    func predictions(isScaled: Bool) throws -> Predictions? {
        let parts = runs.compactMap { run -> Predictions? in
            guard isScaled else { return run.predictions }
            guard let temperature = run.scores.scaling?.temperature else { return nil }
            return run.predictions?.scaled(temperature: temperature)
        }
        guard let first = parts.first, parts.count == runs.count else { return nil }
        return try Predictions(
            probabilities: parts.flatMap(\.probabilities), labels: parts.flatMap(\.labels),
            classes: first.classes)
    }

    /// Mean error by class over the runs that were tested, 0...1; nil without any.
    var classErrors: [Double]? {
        let all = runs.compactMap(\.confusion?.classErrors)
        guard let first = all.first else { return nil }
        return first.indices.map { k in mean(all.map { k < $0.count ? $0[k] : .nan }) }
    }
}

extension ReportContent {
    /// The last evaluated phase: the run's outcome.
    var outcome: PhaseScores? { evaluation?.phases.last }

    /// The result's scores, with what only an evaluation knows: one that was made later may know more than an old
    /// result.
    var scores: Scores {
        let evaluated = outcome?.scores ?? Scores()
        return result?.scores.filled(from: evaluated) ?? evaluated
    }

    var confusion: ConfusionMatrix? {
        predictions?.confusion ?? ConfusionMatrix(square: outcome?.scores.confusion)
    }
}
