import Evaluation
import Runs
import Scores
import System
import Training

/// One self-contained page about several methods, each with its seeds: what a reader of their table wants to see.
public struct ComparisonReport: Sendable {
    let content: ComparisonContent

    public init(_ content: ComparisonContent) { self.content = content }

    /// The page. What is missing is left out with a sentence saying why.
    /// - Throws: `UserError(.data)` where a method's predictions do not fit together.
    public func html() throws -> String {
        let reliability = try content.reliability()
        let parts: [(title: String, content: Markup?)] = [
            ("Results", results), ("Error by class", classes), ("Calibration", calibration(reliability)),
            ("Other images", others), ("Curves", curves), ("Gates", gates), ("Origin", provenance),
        ]
        let sections = parts.filter { $0.content != nil }
        let body = Markup("main") {
            Markup("header") {
                Markup("h1") { Markup("bdi") { content.title } }
                content.limitSentence.map(remark)
                navigation(sections.map(\.title))
            }
            Markup(sections.compactMap(\.content))
        }
        return page(content.title, body)
    }

    /// Writes the page in place of whatever is at `path`.
    /// - Throws: `UserError(.output)`; the old file then stays.
    public func write(to path: String) throws { try AtomicFile.write(try html(), to: path) }

    private var results: Markup {
        section("Results") {
            if content.tables.isEmpty { remark("No run has finished yet.") } else { resultsTable }
            paperWords
            content.tables.compactMap(differences)
            if let chart = content.labelEfficiency {
                Markup("div", ["class": "panels two"]) { figure(chart) }
            }
        }
    }

    private var resultsTable: Markup {
        let columns = columns
        let rows = content.rows.map { row in
            [content.shortName(row.sample.recipe)] + columns.map { $0.text(row) }
        }
        let hasPaper = content.rows.contains { $0.sample.paper != nil }
        let selection = content.tables.first?.shared.selection ?? ""
        let time = columns.firstIndex { $0.title == Self.time }.map { $0 + 1 }
        return table(
            "Mean ± sample standard deviation over (n) seeds, \(selection)"
                + (hasPaper ? "; the paper's numbers beside them" : ""), ["method"] + columns.map(\.title),
            rows,
            numeric: Set(columns.indices.filter { columns[$0].isNumeric }.map { $0 + 1 }),
            keys: time.map { [$0: content.rows.map { mean($0.results.map(\.seconds)) }] } ?? [:])
    }

    private static let time = "time a seed"

    /// How much less the rows of a table err than one of them; nil for a single row.
    private func differences(_ results: ResultsTable) -> Markup? {
        guard let differences = results.differences else { return nil }
        return Markup([
            table(differences.title, differences.head, differences.rows, numeric: [1]),
            remark(differences.note),
        ])
    }

    /// The words say what sets rows apart from the paper's numbers beside them: each sentence once, after the rows it
    /// is about.
    private var paperWords: Markup {
        let words = content.rows.compactMap { row in
            paperDifference(row.sample, content.header(of: row.sample)?.data, namesCell: false)
                .map { (row: content.shortName(row.sample.recipe), sentence: $0) }
        }
        let sentences = unique(words.map(\.sentence)).prefix(8)
        return Markup(
            sentences.map { sentence in
                let rows = words.filter { $0.sentence == sentence }.map(\.row)
                let more = rows.count > 4 ? " and \(rows.count - 4) more" : ""
                return remark(
                    (sentences.count > 1 ? rows.prefix(4).joined(separator: ", ") + more + ". " : "")
                        + sentence)
            })
    }

    /// The columns hold what a reader compares, where any row has something to say; the rest is in its other files and
    /// in the caption.
    private var columns: [ResultsTable.Column] {
        let hidden = ["recipe", "method", "network", "base", "paper, %", "steps"]
        func among(_ columns: [ResultsTable.Column]) -> [ResultsTable.Column] {
            columns.filter { !hidden.contains($0.title) }
        }
        let all =
            [Self.paper] + among(ResultsTable.errorColumns) + ResultsTable.probeColumns(content.rows)
            + ResultsTable.densityColumns + among(ResultsTable.otherColumns)
        return all.filter { column in content.rows.contains { column.text($0) != "–" } }
    }

    private static let paper = ResultsTable.Column("paper, %") { row in
        guard let paper = row.sample.paper else { return "–" }
        return fixed(paper.value, 2) + (paper.sd > 0 ? " ± " + fixed(paper.sd, 2) : "")
    }

    private var curves: Markup {
        let charts = content.learningCurves
        return section("Curves") {
            remark(
                charts.isEmpty
                    ? "None: no run directory is at hand."
                    : "Means over seeds with their range. Updates of all phases but the flow's own; in joint phases "
                        + "of either model.")
            if !charts.isEmpty { panels(sharing: charts) }
        }
    }

    private var classes: Markup {
        let errors = content.classErrors
        let count = errors.map(\.errors.count).max() ?? 0
        return section("Error by class") {
            if errors.isEmpty {
                remark("None: no tested run directory is at hand.")
            } else {
                panels(sharing: [
                    ClassErrorChart(
                        title: "Test error, mean over seeds", methods: errors, names: content.classNames
                    ).chart
                ])
                table(
                    "Test error in percent by true class, mean over seeds",
                    ["class"] + errors.map { $0.label },
                    (0..<count).map { k in
                        [content.classNames.indices.contains(k) ? content.classNames[k] : String(k)]
                            + errors.map { k < $0.errors.count ? classError($0.errors[k]) : "–" }
                    }, numeric: Set(1..<errors.count + 1))
            }
        }
    }

    private func classError(_ error: Double) -> String {
        error.isFinite ? percent(error, 1) : "no test images"
    }

    private func calibration(_ reliability: [Chart]) -> Markup {
        section("Calibration") {
            if !content.rows.isEmpty { calibrationTable }
            if reliability.isEmpty {
                remark("No reliability diagrams: no predictions are at hand.")
            } else {
                remark("Predictions of all seeds together; scaled: with each run's own temperature.")
            }
            Markup("div", ["class": "panels"]) { reliability.map(figure) }
        }
    }

    private var calibrationTable: Markup {
        let rows = content.rows.map { row in
            let scores = row.results.map(scores)
            let scaled = scores.map(\.scaling)
            func text(_ metric: Metric, _ values: [Double?]) -> String {
                meanAndDeviation(values.map { $0.map { metric.unit.scale * $0 } }, metric.decimals)
            }
            let metrics: [Metric] = [.testNLL, .ece, .brier]
            return [content.shortName(row.sample.recipe)]
                + metrics.map { metric in text(metric, scores.map { $0[metric] }) }
                + [
                    meanAndDeviation(scaled.map { $0?.temperature }, 2),
                    text(.testNLL, scaled.map { $0?.testNLL }), text(.ece, scaled.map { $0?.ece }),
                    text(.brier, scaled.map { $0?.brier }),
                ]
        }
        return table(
            "Scores of the test confidences, mean ± sd over seeds; lower is better, but for T",
            [
                "method", "NLL, nats", "ECE, %", "Brier", "temperature T", "scaled: NLL", "ECE, %", "Brier",
            ], rows, numeric: Set(1...7))
    }

    /// A result's scores, with what only its run directory knows.
    private func scores(_ result: RunResult) -> Scores {
        content.run(of: result).map { result.scores.filled(from: $0.scores) } ?? result.scores
    }

    private var gates: Markup? {
        let charts = content.gates
        guard !charts.isEmpty else { return nil }
        return section("Gates") {
            remark("The first seed of each method; the others are on their runs' own pages.")
            Markup("div", ["class": "panels"]) { charts.map(figure) }
        }
    }

    private var others: Markup? {
        let sets = content.methods.flatMap { method in
            method.runs.compactMap { run in
                run.evaluation?.otherSets.map {
                    (method: "\(content.shortName(method.recipe)), seed \(run.header.seed)", sets: $0)
                }
            }
        }
        guard !sets.isEmpty else { return nil }
        return section("Other images") { detection(sets.map { (Optional($0.method), $0.sets) }) }
    }

    private var provenance: Markup? {
        guard !content.tables.isEmpty else { return nil }
        return section("Origin") {
            for results in content.tables { remark(results.caption) }
            Markup("pre", ["tabindex": "0"]) {
                unique(content.tables.flatMap(\.commands)).joined(separator: "\n")
            }
        }
    }
}
