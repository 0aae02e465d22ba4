import Baselines
import EnergyModels
import Flows
import Glibc
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
        configuration.outputs = energy.outputs
        configuration.experts = energy.experts
        configuration.base = energy.base
        configuration.initialDeviation = energy.initialDeviation
        configuration.normalization = energy.normalization
        configuration.normalizesLogits = energy.normalizeLogits
        configuration.slope = energy.slope
        configuration.standardizesInput = input.standardize
        configuration.translation = input.translate
        configuration.inputNoise = input.noise
        configuration.pooling = energy.pooling
        configuration.downsampling = energy.downsample
        configuration.head = energy.head
        configuration.width = energy.width
        configuration.dropout = energy.dropout
        configuration.priors = energy.priors.isEmpty ? nil : energy.priors
        return configuration
    }

    /// - Parameter extents: height, width and channels of one image.
    func generatorConfiguration(_ extents: [Int]) -> GeneratorConfiguration {
        GeneratorConfiguration(
            height: extents[0], width: extents[1], channels: extents[2], latent: generator.latent,
            factor: generator.width, hasGain: phases.contains { $0.kind == .adversarial })
    }

    /// An energy at each of the coarser grids of multigrid sampling; each has a seed of its own.
    func coarserEnergies(_ extents: [Int], backend: any Backend) -> [ConditionalEnergy] {
        let sampling = phases.first { $0.kind == .chains && $0.chains.start == .coarserGrid }
        return (sampling?.chains.grids ?? []).map { side in
            ConditionalEnergy(
                energyConfiguration, shape: [side, side, extents[2]], backend: backend,
                seed: UInt64(seed) ^ UInt64(side) << 32)
        }
    }

    /// What a variational autoencoder has beside `encoder` and the generator; nil for other recipes.
    func autoencoder(_ extents: [Int], encoder: ConditionalEnergy) -> VariationalAutoencoder? {
        guard let phase = phases.first(where: { $0.kind == .vae }) else { return nil }
        return VariationalAutoencoder(
            features: encoder.featureCount, latent: generator.latent, channels: extents[2],
            likelihood: phase.observation, backend: encoder.store.backend, seed: UInt64(seed) ^ 1 << 32)
    }

    /// The terms that unlabelled images add, with their weights.
    func regularizers(images: Int, _ backend: any Backend) -> [WeightedRegularizer] {
        var terms: [WeightedRegularizer] = []
        if vat.weight > 0 { terms.append(.init(term: adversary, weight: vat.weight)) }
        if entropy.weight > 0 { terms.append(.init(term: EntropyMinimization(), weight: entropy.weight)) }
        if let term = consistency.term(images: images, classes: energy.classes, backend),
            consistency.weight > 0
        {
            terms.append(.init(term: term, weight: consistency.weight, rampUp: consistency.rampUp))
        }
        return terms
    }

    private var adversary: VirtualAdversarial {
        VirtualAdversarial(
            radius: vat.epsilon, iterations: vat.steps, direction: vat.direction, step: vat.stepNorm,
            sharesMasks: vat.dropout == .shared)
    }

    /// Whether any phase needs a flow.
    var usesFlow: Bool { phases.contains { $0.kind.needsFlow } }
    /// Whether any phase trains an energy.
    var usesEnergy: Bool { phases.contains { $0.kind != .flowMLE } }
    /// Whether any phase trains a generator.
    var usesGenerator: Bool { phases.contains { $0.kind.needsGenerator || $0.kind == .vae } }
}

/// A regulariser as a recipe asks for it.
struct WeightedRegularizer {
    let term: any Regularizer
    let weight: Double
    var rampUp = 0

    /// w·exp(−5(1 − t)²) with t from 0 to 1 over the ramp: Laine & Aila, ICLR 2017, section 3.
    func weight(at update: Int) -> Double {
        let rest = rampUp > 0 ? max(0, 1 - Double(update) / Double(rampUp)) : 0
        return weight * Glibc.exp(-5 * rest * rest)
    }
}

extension ConsistencyRecipe {
    fileprivate func term(images: Int, classes: Int, _ backend: any Backend) -> (any Regularizer)? {
        switch kind {
        case .none: nil
        case .piModel: PiModel()
        case .temporalEnsembling:
            TemporalEnsembling(images: images, classes: classes, momentum: momentum, backend: backend)
        case .meanTeacher: MeanTeacher()
        }
    }
}

extension OptimizerRecipe {
    func optimizer(for store: ParameterStore) -> Optimizer {
        Optimizer(kind, for: store, beta1: beta1, beta2: beta2, epsilon: epsilon, clip: clip)
    }

    func schedule(steps: Int) -> Schedule {
        var schedule = Schedule(Pace(rate: rate, beta1: beta1, beta2: beta2), steps: steps)
        schedule.warmup = warmup
        schedule.warmupShape = warmupShape
        schedule.warmupBeta2 = warmupBeta2 > 0 ? warmupBeta2 : nil
        schedule.decayStart = decay == .none ? 1 : decayStart
        schedule.decayShape = decay == .gaussian ? .gaussian : .linear
        schedule.decayBeta1 = decayBeta1 > 0 ? decayBeta1 : nil
        return schedule
    }
}

extension PhaseRecipe {
    /// What critic and generator of an adversarial phase minimise.
    var adversarialObjective: any AdversarialObjective {
        switch loss {
        case .nonSaturating: NonSaturating()
        case .wasserstein: Wasserstein(bound: weightClip)
        case .gradientPenalty: GradientPenalty(weight: penaltyWeight)
        case .hinge: HingeLoss()
        case .deepDirected: DeepDirected()
        case .repulsive: MaximumMeanDiscrepancy()
        }
    }
}

extension AverageRecipe {
    /// The average of an energy's weights; nil where none is asked for.
    func parameters(of store: ParameterStore) -> AveragedParameters? {
        decay > 0
            ? AveragedParameters(of: store, decay: decay, warmup: warmup, warmupDecay: warmupDecay) : nil
    }
}

extension GateRecipe {
    var gate: Gate { Gate(high: high, low: low, smoothing: smoothing, cap: cap == 0 ? .max : cap) }
}
