import EnergyModels
import Flows
import Methods
import Networks
import System
import Tensors
import Training

/// What training a recipe would cost on several ranks, each of them like the machine that was measured.
///
/// Of an update, a share is computed by every rank for itself: losses, and the optimiser's step. The rest is divided. Gradients
/// then leave a rank twice, by parts to be summed and as sums: 2·(N − 1)/N of their bytes, by one link, after the update and not
/// beside it.
public struct RankCost: Sendable, Equatable {
    public let ranks: Int
    /// Seconds of all phases by one process, with tests.
    private let single: Double
    private let surroundings: Double
    /// Bytes that leave a rank in all updates.
    public let bytes: Double
    /// Exchanges in all updates.
    private let exchanges: Double

    /// The share of an update that is not divided. This is an assumption, near what `fce bench --growth` shows between one thread and
    /// two: no measurement on several machines stands behind it.
    public static let undivided = 0.05
    /// Seconds that an exchange takes beside its bytes.
    private static let latency = 1e-4
    /// Results that are gathered in an update, and sums of gradients; an assumption too.
    private static let exchangesPerUpdate = 10.0

    /// Nil where nothing was measured.
    /// - Throws: `UserError(.recipe)` where no backend opens.
    public init?(_ cost: RunCost, of recipe: Recipe, ranks: Int) throws(UserError) {
        guard let total = cost.total else { return nil }
        let backend = try Device.standard.open(threads: 1, precision: .float32)
        self.ranks = ranks
        single = cost.phases.compactMap(\.time?.seconds).reduce(0, +)
        surroundings = total.seconds - single
        let state = TrainingState(recipe, extents: recipe.extents, backend: backend)
        let part = 2 * Double(ranks - 1) / Double(ranks)
        bytes = recipe.phases.reduce(0) {
            $0 + Double($1.steps) * 4 * Double(state.parameters(trainedIn: $1)) * part
        }
        exchanges = recipe.phases.reduce(0) { $0 + Double($1.steps) } * Self.exchangesPerUpdate
    }

    /// Seconds from the first phase to the report over links of so many gigabits a second.
    public func seconds(gigabits: Double) -> Double {
        let divided = single * (Self.undivided + (1 - Self.undivided) / Double(ranks))
        return surroundings + divided + bytes * 8 / (gigabits * 1e9) + exchanges * Self.latency
    }
}

extension TrainingState {
    /// Parameters that gradients reach in an update of the phase, or in its update and the flow's that goes with it.
    fileprivate func parameters(trainedIn phase: PlannedPhase) -> Int {
        let models = phase.settings.models
        // The flow of a fixed phase stands still.
        let trainsFlow = models.contains(.flow) && (!models.contains(.energy) || phase.is(JointPhase.self))
        return (trainsFlow ? flow?.store.count ?? 0 : 0)
            + (models.contains(.energy) ? energy?.store.count ?? 0 : 0)
            + companions.reduce(0) { $0 + $1.store.count }
    }
}
