import Datasets
import EnergyModels
import Gradients
import Methods
import Networks
import Tensors
import Training

/// `samples/densities.json` of a 2-D run: log densities on a grid, with the points. Figures 1 and 5 of the paper.
package struct PlaneGrids: Encodable {
    /// x from, x to, y from, y to.
    package let extent: [Double]
    /// Cells a side.
    package let size: Int
    /// Log densities in nats, row-major y then x: `flow`, `energy`, and `class0`, `class1`, … of the energy.
    package var grids: [String: [Double]]
    /// Training points [x, y, label] and the labelled ones.
    package let points: [[Double]]
    package let labelled: [[Double]]
}

/// `samples/densities-PHASE-UPDATE.json` of a 2-D run: its densities on the way.
package struct PlaneSnapshot: Encodable {
    /// The kind of the phase, and its place from 0.
    package let phase: String
    package let phaseIndex: Int
    /// Updates in the phase, of the energy where it takes turns with a flow.
    package let update: Int
    package let extent: [Double]
    package let size: Int
    /// As ``PlaneGrids/grids``, to hundredths of a nat.
    package let grids: [String: [Double]]

    package var fileName: String { "densities-\(phaseIndex)-\(update).json" }
}

extension Evaluator {
    /// Densities over the square that holds the data; nil for images.
    package func planeGrids(size: Int = 100) throws -> PlaneGrids? {
        guard let set = data.train as? PointDataset else { return nil }
        func rows(_ indices: some Sequence<Int>) -> [[Double]] {
            indices.map {
                [Double(set.points[2 * $0]), Double(set.points[2 * $0 + 1]), Double(set.labels[$0])]
            }
        }
        let reach = reach(of: set)
        return PlaneGrids(
            extent: [-reach, reach, -reach, reach], size: size, grids: try grids(reach: reach, size: size),
            points: rows(0..<min(2000, set.count)), labelled: rows(data.split.labelled))
    }

    /// The densities as they are now; nil for images.
    package func planeSnapshot(size: Int = 80) throws -> PlaneSnapshot? {
        guard let set = data.train as? PointDataset else { return nil }
        let (reach, phase) = (reach(of: set), recipe.phases[state.phase])
        return PlaneSnapshot(
            phase: phase.kind, phaseIndex: state.phase, update: state.updates,
            extent: [-reach, reach, -reach, reach], size: size,
            grids: try grids(reach: reach, size: size).mapValues { $0.map { (100 * $0).rounded() / 100 } })
    }

    private func reach(of set: PointDataset) -> Double {
        Double(set.points.map(abs).max() ?? 4).rounded(.up)
    }

    private func grids(reach: Double, size: Int) throws -> [String: [Double]] {
        let centres = (0..<size).map { reach * (2 * (Double($0) + 0.5) / Double(size) - 1) }
        let cells = centres.flatMap { y in centres.flatMap { x in [Float(x), Float(y)] } }
        let x = state.backend.tensor(cells, [size * size, 1, 1, 2], state.backend.real)
        let densities = try state.densities(x)
        var grids: [String: [Double]] = densities.flow.isEmpty ? [:] : ["flow": densities.flow]
        if !densities.difference.isEmpty {
            grids["energy"] = densities.energy
            grids.merge(classGrids(x, densities.energy)) { $1 }
        }
        return grids
    }

    /// log p(x|y) = log p(x) + log p(y|x) − log p(y), up to the constant log p(y).
    private func classGrids(_ x: Tensor, _ marginal: [Double]) -> [String: [Double]] {
        guard let energy = state.energy, let store = state.evaluatedEnergyStore,
            energy.configuration.classes > 1
        else { return [:] }
        let pass = Pass.inference(store)
        let posterior = state.backend.doubles(
            energy.logPosterior(energy.logits(pass.constant(x), pass), pass).value)
        let classes = energy.configuration.classes
        return (0..<classes).reduce(into: [:]) { grids, label in
            grids["class\(label)"] = marginal.indices.map { marginal[$0] + posterior[$0 * classes + label] }
        }
    }
}
