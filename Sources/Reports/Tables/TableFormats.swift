import Evaluation
import Foundation
import Methods
import Runs
import Scores
import System
import Training

/// The written forms of a table.
extension ResultsTable {
    /// The caption says in sentences what the table rests on: data, split, selection, seeds, flows, what sets rows
    /// apart, machines.
    public var caption: String {
        let results = rows.flatMap(\.results)
        let seeds = Set(results.map(\.seed)).sorted().map(String.init).joined(separator: ", ")
        let hasErrors = rows.contains { $0.error != nil }
        let sentences = [
            measureSentence,
            "Data: \(shared.dataName) (SHA-256 \(shared.dataSHA256.prefix(12))), split: \(shared.splitRule); "
                + "seeds \(seeds).",
            hasErrors
                ? "Difference: ours − paper with Student's 95 % interval over our seeds, the paper's number taken "
                    + "as exact." : "",
            machineSentence(results), "Commit: \(distinct(results.map(\.commit))).",
        ]
        return
            (sentences + densitySentences + qualitySentences + probeSentences + flowSentences
            + differenceSentences + notes)
            .filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// The commands that made the rows, each once.
    public var commands: [String] { unique(rows.flatMap(\.results).map(\.command)) }

    /// A Markdown table under its caption.
    public var markdown: String {
        let lines = [columns.map(\.title), columns.map { $0.isNumeric ? "---:" : "---" }]
        let body = rows.map { row in columns.map { escapedForMarkdown($0.text(row)) } }
        let table = (lines + body).map { "| " + $0.joined(separator: " | ") + " |" }
        let commands = commands.map { "    " + $0.replacing("\n", with: " ") }
        let head = title.isEmpty ? [] : [markdownHeading(title), ""]
        let parts = head + [escapedForMarkdown(caption), ""] + table + differencesMarkdown
        return (parts + ["", "Made by:", ""] + commands).joined(separator: "\n") + "\n"
    }

    /// `{"caption": …, "commands": […], "rows": […], "comparisons": […], "title": …}`; a figure that is missing or not finite is left out.
    public func json() throws -> String {
        struct Content: Encodable {
            let title: String
            let caption: String
            let commands: [String]
            let rows: [TableRecord]
            let comparisons: [RunComparison]
        }
        let content = Content(
            title: title, caption: caption, commands: commands, rows: rows.map(TableRecord.init),
            comparisons: comparisons)
        return try jsonText(content) + "\n"
    }

    /// A `tabular` in booktabs style.
    public var latex: String {
        let alignment = columns.map { $0.isNumeric ? "r" : "l" }.joined()
        let body = rows.map { row in columns.map { escapedForLaTeX($0.text(row)) } }
        let lines = ([columns.map { escapedForLaTeX($0.title) }] + body).map {
            $0.joined(separator: " & ") + " \\\\"
        }
        let head = title.isEmpty ? [] : ["% " + title.replacing("\n", with: " ")]
        let rules = [
            "% " + caption.replacing("\n", with: " "), "\\begin{tabular}{\(alignment)}", "\\toprule",
            lines[0], "\\midrule",
        ]
        return (head + rules + lines.dropFirst() + ["\\bottomrule", "\\end{tabular}"]).joined(separator: "\n")
            + "\n"
    }
}

extension ResultsTable {
    struct Column: Sendable {
        let title: String
        let isNumeric: Bool
        let text: @Sendable (Row) -> String

        init(_ title: String, numeric: Bool = true, _ text: @escaping @Sendable (Row) -> String) {
            self.title = title
            isNumeric = numeric
            self.text = text
        }
    }

    /// The columns in which any row has something to say.
    var columns: [Column] {
        let all = Self.errorColumns + Self.probeColumns(rows) + Self.densityColumns + Self.otherColumns
        return all.filter { column in rows.contains { column.text($0) != "–" } }
    }

    /// These columns say which cell it is, and its classifier's errors.
    static let errorColumns = [
        Column("recipe", numeric: false) { $0.sample.recipe },
        Column("method", numeric: false) { $0.sample.method },
        Column("labels") { String($0.sample.labels) },
        Column("network", numeric: false) { $0.sample.network },
        Column("base", numeric: false) { $0.sample.base },
        Column("paper, %") { paper($0) },
        Column("ours, %") { ours($0) },
        Column("each seed, %", numeric: false) { row in
            row.error == nil
                ? "–" : row.results.map { percent($0.scores[.testError]) }.joined(separator: ", ")
        },
        Column("difference") { difference($0) },
    ]

    static let otherColumns =
        scores(Metric.classification)
        + [
            Column("steps", numeric: false) { steps($0) },
            Column("flow bits/dim") { flowBitsPerDim($0) },
        ] + scores(Metric.energyDensities)
        + [Column("log Z, nats (ESS)") { logZ(TableRecord($0)) }]
        + scores([.boundBitsPerDim] + Metric.samples)
        + [Column("time a seed") { duration(TableRecord($0).seconds) }]

    /// The columns of metrics that have one.
    private static func scores(_ metrics: [Metric]) -> [Column] {
        metrics.compactMap { metric in
            metric.column.map { Column($0.title) { $0.text(of: metric) } }
        }
    }

    static func paper(_ row: Row, withCell: Bool = true) -> String {
        guard let paper = row.sample.paper else { return "–" }
        let spread = paper.sd > 0 ? " ± " + fixed(paper.sd, 2) : ""
        return fixed(paper.value, 2) + spread + (paper.cell.isEmpty || !withCell ? "" : " (\(paper.cell))")
    }

    /// The sentences say what the bits/dim are of, where log Z was estimated.
    private var densitySentences: [String] {
        guard let logZ = rows.lazy.flatMap(\.results).compactMap(\.scores.logZ).first else { return [] }
        return [
            "Bits/dim on test examples: the flow after maximum likelihood → after the joint phase; the EBM as its c "
                + "normalises it, and with log Z by importance sampling, \(logZ.samples) samples of the flow.",
            "ESS is the smallest effective sample size as a share of the samples: where it is low, log Z is "
                + "underestimated, and the bits/dim with it are too low.",
        ]
    }

    /// The sentences say what samples were compared in, and how many of them.
    private var qualitySentences: [String] {
        let all = rows.flatMap(\.results).flatMap { $0.sampleQuality ?? [] }
        return SampleQuality.Kind.allCases.compactMap { kind in
            all.first { $0.kind == kind }.map { quality in
                let names = quality.scores.compactMap { $0.metric.column?.title }.joined(separator: " and ")
                return "\(names): \(quality.description)."
            }
        }
    }

    private static func ours(_ row: Row) -> String {
        guard let error = row.error else { return "–" }
        let spread = error.standardDeviation.map { " ± " + percent($0) } ?? ""
        return "\(percent(error.mean))\(spread) (\(error.count))"
    }

    private static func difference(_ row: Row) -> String {
        guard let interval = row.differenceInterval else { return signed(row.difference, 2) }
        return "\(signed(row.difference, 2)) [\(signed(interval.lower, 2)), \(signed(interval.upper, 2))]"
    }

    /// The flow's bits/dim after maximum likelihood and, where a joint phase followed, after that.
    private static func flowBitsPerDim(_ row: Row) -> String {
        let last = row.text(of: .flowBitsPerDim)
        return TableRecord(row).pretrainedBitsPerDim.map { "\(fixed($0, 3)) → \(last)" } ?? last
    }

    /// The estimate stands with the smallest effective sample size.
    private static func logZ(_ record: TableRecord) -> String {
        guard let logZ = record.logZ, let share = record.effectiveShare else { return "–" }
        let isReliable = share >= LogNormalizer.reliableShare
        return "\(signed(logZ, 3)) (\(fixed(100 * share, 1)) %\(isReliable ? "" : ", unreliable"))"
    }

    private static func steps(_ row: Row) -> String {
        let steps = row.sample.steps
        let order = Phases.kinds.filter { steps[$0] != nil }
        return order.map { "\($0) \(steps[$0] ?? 0)" }.joined(separator: ", ")
    }
}

func unique(_ values: [String]) -> [String] {
    var seen: Set<String> = []
    return values.filter { seen.insert($0).inserted }
}

private func distinct(_ values: [String]) -> String { unique(values).joined(separator: "; ") }

/// The first line of a table in Markdown.
public func markdownHeading(_ title: String) -> String { "# " + escapedForMarkdown(title) }

func escapedForMarkdown(_ text: String) -> String {
    text.replacing("|", with: "\\|").replacing("\n", with: " ").replacing("<", with: "&lt;")
}

private func escapedForLaTeX(_ text: String) -> String {
    let replacements: [Character: String] = [
        "\\": "\\textbackslash{}", "&": "\\&", "%": "\\%", "$": "\\$", "#": "\\#", "_": "\\_", "{": "\\{",
        "}": "\\}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "±": "$\\pm$", "−": "$-$",
        "–": "--",
    ]
    return text.map { replacements[$0] ?? String($0) }.joined()
}
