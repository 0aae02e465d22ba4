import Methods
import Runs
import Scores
import System

/// Panels in rows and columns under the columns' titles, the rows' names at their left.
private struct PanelTable {
    let columns: [String]
    var rows: [(name: String, panels: [DensityPanel?])]
    var side = 150.0
    private let gap = 8.0
    private let top = 18.0

    /// The longest name needs this room.
    private var left: Double {
        let longest = rows.map(\.name.count).max() ?? 0
        return longest == 0 ? 0 : 6.4 * Double(longest) + gap
    }
    var width: Double { left + Double(columns.count) * (side + gap) - gap }
    var height: Double { top + Double(rows.count) * (side + gap) - gap }

    var content: Markup {
        Markup([
            Markup(columns.enumerated().map { label($1, x($0) + side / 2, 12, "mid strong") }),
            Markup(
                rows.enumerated().map { row, line in
                    let y = top + Double(row) * (side + gap)
                    return Markup([
                        label(line.name, 0, y + side / 2 + 4, "strong"),
                        Markup(
                            line.panels.enumerated().map { column, panel in
                                panel?.markup(x: x(column), y: y, side: side) ?? Markup([])
                            }),
                    ])
                }),
        ])
    }

    private func x(_ column: Int) -> Double { left + Double(column) * (side + gap) }
}

extension ReportContent {
    /// The recipe's name without its folder.
    fileprivate var shortName: String {
        header.recipeName.split(separator: "/").last.map(String.init) ?? header.recipeName
    }

    /// The flow as maximum likelihood left it; nil where no such phase is recorded.
    fileprivate var likelihoodFlow: PlaneDensities? {
        snapshots.last { $0.moment?.phase == FlowLikelihood.kind }
    }
}

/// Figure 1 of Gao et al., CVPR 2020: data, the flow after maximum likelihood, and flow and energy at the end; a row
/// for each of `runs` in the plane, others left out.
///
/// - Throws: `UserError(.missing)` when none of them is in the plane.
public func densityFigure(_ runs: [ReportContent]) throws -> Chart {
    let rows = runs.compactMap { run -> (name: String, panels: [DensityPanel?])? in
        guard let plane = run.plane else { return nil }
        let panels = [
            plane.dataPanel, run.likelihoodFlow?.panel("flow", title: ""), plane.panel("flow", title: ""),
            plane.panel("energy", title: ""),
        ]
        return (runs.count > 1 ? run.shortName : "", panels)
    }
    guard !rows.isEmpty else {
        throw UserError(
            .missing, "no densities to draw", advice: "name runs in the plane, with data.source = \"plane\"")
    }
    let table = PanelTable(columns: ["data", "Glow-MLE", "Glow-FCE", "EBM-FCE"], rows: rows)
    let names = unique(runs.filter { $0.plane != nil }.map(\.shortName))
    return Chart(
        title: "Densities in the plane",
        summary: "Data, flow after maximum likelihood, flow and energy after joint training: "
            + names.joined(separator: ", ") + ".",
        width: table.width, height: table.height, content: table.content)
}

extension ReportContent {
    /// Figure 5 of Gao et al., CVPR 2020: the densities over the updates, those of the classes too, and under them the
    /// test error. Nil without pictures from the way or without classes.
    var learningFigure: Chart? {
        guard let plane, plane.grids["class0"] != nil, snapshots.count > 1 else { return nil }
        let shown = evenly(snapshots, 7)
        let classes = (0..<PlaneDensities.classLimit).filter { plane.grids["class\($0)"] != nil }
        let names =
            [("flow", "flow q(x)"), ("energy", "EBM p(x)")]
            + classes.map { ("class\($0)", "p(x | class \($0))") }
        var table = PanelTable(
            columns: ["data"] + shown.map { "\($0.moment?.phase ?? "") \($0.moment?.update ?? 0)" },
            rows: names.enumerated().map { index, name in
                (
                    name.1,
                    [index == 0 ? plane.dataPanel : nil] + shown.map { $0.panel(name.0, title: "") }
                )
            })
        table.side = 120
        let error = errorChart
        return Chart(
            title: "Learning two dimensions with \(plane.labelled.count) labels",
            summary: "Columns: " + table.columns.joined(separator: ", ") + ". " + error.summary,
            width: table.width, height: table.height + 14 + error.whole.height,
            content: Markup([
                table.content,
                Markup("g", ["transform": "translate(0 \(coordinate(table.height + 14)))"]) {
                    error.whole.content
                },
            ]))
    }

    private var errorChart: Chart {
        let points = metrics?.energyPoints(.testError) ?? []
        return LineChart(
            title: "Test error", xTitle: "updates of the energy", yTitle: "test error, %",
            series: [Series("test error", x: points.map { Double($0.update) }, y: points.map(\.value))]
        ).chart
    }
}

/// Selects at most `limit` of `items`, the first and the last among them.
private func evenly<Item>(_ items: [Item], _ limit: Int) -> [Item] {
    guard items.count > limit else { return items }
    return (0..<limit).map { items[($0 * (items.count - 1) + (limit - 1) / 2) / (limit - 1)] }
}
