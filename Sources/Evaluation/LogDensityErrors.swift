import Datasets
import Methods
import Scores
import System
import Training

/// How far log densities are from the true ones: mean squared differences over test points, which no model has trained on,
/// nats². Gao et al., CVPR 2020, figure 2.
package struct LogDensityErrors: Equatable {
    /// The error of log q; nil without a trained flow.
    package var flow: Double?
    /// The error of log p, normalised by c alone; nil without an energy.
    package var energy: Double?

    /// The errors as scores.
    package var scores: Scores { [.flowLogDensityMSE: flow, .energyLogDensityMSE: energy] }
}

extension Evaluator {
    /// The errors over the first test points, as many as phases' ends are scored on; nil where the true density is unknown.
    package func logDensityErrors() throws -> LogDensityErrors? {
        guard let set = data.test as? PointDataset, set.density.hasExactLogDensity else { return nil }
        let scored = Array(0..<min(set.count, Self.densityLimit))
        return logDensityErrors(try densities(of: set, scored), of: scored)
    }

    /// The errors of `densities` of the test points at `indices`.
    package func logDensityErrors(_ densities: ModelDensities, of indices: [Int]) -> LogDensityErrors? {
        guard let exact = (data.test as? PointDataset)?.exactLogDensities(at: indices) else { return nil }
        return LogDensityErrors(
            flow: meanSquaredDifference(densities.flow, exact),
            energy: densities.difference.isEmpty ? nil : meanSquaredDifference(densities.energy, exact))
    }
}

/// Σ(a − b)²/N; nil for empty arrays.
package func meanSquaredDifference(_ a: [Double], _ b: [Double]) -> Double? {
    guard !a.isEmpty else { return nil }
    precondition(a.count == b.count)
    return mean(zip(a, b).map { ($0 - $1) * ($0 - $1) })
}
