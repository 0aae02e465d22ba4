import Runs
import Scores
import System

/// The curves show how the error of estimated log densities falls over the updates of the energy, by method and seed.
/// Gao et al., CVPR 2020, figure 2.
public struct LogDensityCurves: Sendable {
    struct Row: Sendable, Equatable {
        let recipe: String
        let seed: Int
        let energyUpdates: Int
        /// The error is in nats².
        let energy: Double
        let flow: Double?
    }

    /// The errors by method, seed and update.
    let rows: [Row]

    /// The result is nil where no run of the page was tested against a known density.
    init?(_ content: ComparisonContent) {
        rows = content.methods.flatMap { method in
            method.runs.flatMap { run -> [Row] in
                let flow = Dictionary(
                    (run.metrics?.energyPoints(.flowLogDensityMSE) ?? []).map { ($0.update, $0.value) }
                ) { $1 }
                return (run.metrics?.energyPoints(.energyLogDensityMSE) ?? []).map { update, error in
                    Row(
                        recipe: content.shortName(method.recipe), seed: run.header.seed,
                        energyUpdates: update, energy: error, flow: flow[update])
                }
            }
        }
        if rows.isEmpty { return nil }
    }

    /// `recipe,seed,energy_updates,energy_log_density_mse,flow_log_density_mse`, errors in nats²; RFC 4180.
    public var csv: String {
        let header = "recipe,seed,energy_updates,energy_log_density_mse,flow_log_density_mse"
        let lines = rows.map { row in
            let flow = row.flow.map { fixed($0, 6) } ?? ""
            return "\(row.recipe),\(row.seed),\(row.energyUpdates),\(fixed(row.energy, 6)),\(flow)"
        }
        return ([header] + lines).joined(separator: "\r\n") + "\r\n"
    }

    /// The energy's error, a curve a method: the mean over its seeds with their range.
    public var chart: Chart {
        let series = unique(rows.map(\.recipe)).prefix(Theme.seriesLimit).map { recipe in
            let seeds = Dictionary(grouping: rows.filter { $0.recipe == recipe }, by: \.seed)
            return Series(
                recipe,
                seeds: seeds.sorted { $0.key < $1.key }.map { _, rows in
                    rows.map {
                        SeedPoint(place: [$0.energyUpdates], x: Double($0.energyUpdates), y: $0.energy)
                    }
                })
        }
        var chart = LineChart(
            title: "Log-density error", xTitle: "updates of the energy",
            yTitle: "MSE of log p, nats², mean and range over seeds", series: series)
        chart.logarithmic = true
        chart.note =
            "How far the energy's log density is from the true one. Good curves fall; 0 would be the true density."
        return chart.chart
    }

    /// Writes `log-density.svg` and `log-density.csv` to `folder`, which is there.
    /// - Throws: `UserError(.output)` when a file cannot be written.
    public func write(to folder: String) throws {
        try chart.write(to: "\(folder)/log-density.svg")
        try AtomicFile.write(csv, to: "\(folder)/log-density.csv")
    }
}

extension ComparisonContent {
    public var logDensityCurves: LogDensityCurves? { LogDensityCurves(self) }
}
