import EnergyModels
import Flows
import Networks
import Tensors

// What a recipe's sections mean as models, objectives and optimisers.

extension Recipe {
    /// - Parameter extents: height, width and channels of one example.
    func flowConfiguration(_ extents: [Int]) -> GlowConfiguration {
        switch flow.kind {
        case .plane: return .plane(couplings: flow.couplings, hidden: flow.width)
        case .glow:
            return GlowConfiguration(
                height: extents[0], width: extents[1], channels: extents[2], levels: flow.levels,
                blocks: flow.blocks, hidden: flow.width, coupling: flow.coupling)
        }
    }

    var energyConfiguration: EnergyConfiguration {
        var configuration = EnergyConfiguration()
        configuration.network = energy.network
        configuration.classes = energy.classes
        configuration.base = energy.base
        configuration.pooling = energy.pooling
        configuration.downsampling = energy.downsample
        configuration.head = energy.head
        configuration.width = energy.width
        configuration.dropout = energy.dropout
        configuration.priors = energy.priors.isEmpty ? nil : energy.priors
        return configuration
    }

    var adversary: VirtualAdversarial {
        VirtualAdversarial(
            radius: vat.epsilon, iterations: vat.steps, direction: vat.direction, step: vat.stepNorm,
            sharesMasks: vat.dropout == .shared)
    }

    /// Whether any phase needs a flow.
    var usesFlow: Bool { phases.contains { $0.kind != .supervised } }
    /// Whether any phase trains an energy.
    var usesEnergy: Bool { phases.contains { $0.kind != .flowMLE } }
}

extension OptimizerRecipe {
    func optimizer(for store: ParameterStore) -> Optimizer {
        Optimizer(kind, for: store, beta1: beta1, beta2: beta2, epsilon: epsilon, clip: clip)
    }

    func schedule(steps: Int) -> RateSchedule {
        RateSchedule(
            rate: rate, warmup: warmup, decayStart: decay == .linear ? decayStart : 1, steps: steps)
    }
}

extension GateRecipe {
    var gate: Gate { Gate(high: high, low: low, smoothing: smoothing, cap: cap == 0 ? .max : cap) }
}
