import Methods
import Runs
import Scores
import System

/// A row's log densities are so far from the true ones: mean squared differences over test points in nats², means over
/// seeds with their sample standard deviations. A figure that a seed lacks is nil.
public struct DensityErrors: Codable, Equatable, Sendable {
    /// The error of the flow at the end of maximum likelihood.
    public let likelihoodFlow: Double?
    public let likelihoodFlowDeviation: Double?
    /// The error of the flow at the run's end.
    public let flow: Double?
    public let flowDeviation: Double?
    /// The error of the energy, normalised by its own c.
    public let energy: Double?
    public let energyDeviation: Double?
    /// The error of each seed's energy.
    public let energies: [Double]

    /// The result is nil for a row whose true density is unknown.
    init?(_ row: ResultsTable.Row) {
        guard let flow = row.summary(of: .flowLogDensityMSE) else { return nil }
        let likelihood = Summary(
            ofAll: row.results.map { result in
                result.phases.last { $0.name == FlowLikelihood.kind }?
                    .scores[.flowLogDensityMSE]
            })
        let energy = row.summary(of: .energyLogDensityMSE)
        (likelihoodFlow, likelihoodFlowDeviation) = (likelihood?.mean, likelihood?.standardDeviation)
        (self.flow, flowDeviation) = (flow.mean, flow.standardDeviation)
        (self.energy, energyDeviation) = (energy?.mean, energy?.standardDeviation)
        energies = row.results.compactMap { $0.scores[.energyLogDensityMSE] }
    }
}

extension ResultsTable {
    var hasDensityErrors: Bool { rows.contains { TableRecord($0).densityErrors != nil } }

    static let densityColumns = [
        Column("Glow-MLE, nats²") { text($0) { ($0.likelihoodFlow, $0.likelihoodFlowDeviation) } },
        Column("flow, nats²") { text($0) { ($0.flow, $0.flowDeviation) } },
        Column("EBM, nats²") { text($0) { ($0.energy, $0.energyDeviation) } },
        Column("EBM, each seed", numeric: false) { row in
            let errors = DensityErrors(row)?.energies ?? []
            return errors.isEmpty ? "–" : errors.map { fixed($0, 4) }.joined(separator: ", ")
        },
    ]

    private static func text(_ row: Row, _ figure: (DensityErrors) -> (Double?, Double?)) -> String {
        guard let (mean, deviation) = DensityErrors(row).map(figure), let mean else { return "–" }
        return fixed(mean, 4) + (deviation.map { " ± " + fixed($0, 4) } ?? "")
    }

    /// The caption's first sentence: what the numbers are.
    var measureSentence: String {
        let isClassifier = rows.contains { $0.error != nil }
        let error =
            (isClassifier ? "Test error in percent, mean ± sample sd over n seeds" : "Means over seeds")
            + ", \(shared.selection)."
        guard hasDensityErrors else { return error }
        return error
            + " Errors in nats²: mean squared difference of log densities from the true one over \(shared.testCount) "
            + "fresh points, mean ± sample sd over seeds; Glow-MLE is the flow after maximum likelihood. log p is "
            + "normalised by its own c; log Z by importance sampling says what that misses."
    }
}
