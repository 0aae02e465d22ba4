import Baselines
import EnergyModels
import Flows
import Tensors

/// What training costs on paper: floating-point operations in the products of the layers, two a multiplication, the
/// backward pass of a product two products more. Element-wise work is not counted.
extension Recipe {
    /// Operations of all updates of a phase. A joint phase counts one update of the flow for each of the energy, as
    /// the gate decides only in training.
    ///
    /// - Parameter extents: height, width and channels of one example.
    public func operations(of phase: PhaseRecipe, extents: [Int]) -> Double {
        let cost = UpdateArithmetic(recipe: self, phase: phase, extents: extents)
        let multiplications =
            switch phase.kind {
            case .flowMLE: cost.likelihood
            case .supervised, .energy: cost.energy
            case .joint: cost.energy + cost.flow
            case .gan: cost.energy + cost.generator
            case .chains: cost.chains
            case .vae: cost.autoencoder
            case .adversarial: Double(phase.criticSteps) * cost.critic + cost.generator
            }
        return 2 * multiplications * Double(phase.steps)
    }

    /// Height, width and channels of one example, as far as the recipe alone says.
    public var extents: [Int] {
        switch data.source {
        case .plane: [1, 1, 2]
        case .svhn, .cifar10: [32, 32, 3]
        case .fashionMNIST: [32, 32, data.channels]
        case .imageFolder, .csv, .npz, .synthetic: [data.size, data.size, data.channels]
        }
    }
}

/// Multiplications of one update.
struct UpdateArithmetic {
    let recipe: Recipe
    let phase: PhaseRecipe
    let extents: [Int]
    /// One pass of one datum.
    private let flowPass: Double
    let energyPass: Double
    /// Forward, weight gradient and input gradient, which the first layer is spared.
    let energyTraining: Double

    init(recipe: Recipe, phase: PhaseRecipe, extents: [Int]) {
        self.recipe = recipe
        self.phase = phase
        self.extents = extents
        flowPass = recipe.usesFlow ? Double(recipe.flowConfiguration(extents).multiplications) : 0
        let energy = recipe.energyConfiguration.multiplications(shape: Shape(extents))
        energyPass = Double(energy.total)
        energyTraining = 3 * energyPass - Double(energy.first)
    }

    var batch: Double { Double(phase.batch) }
    private var generated: Double { Double(recipe.generatedBatch(of: phase)) }

    /// The flow on −log q.
    var likelihood: Double { 3 * flowPass * batch }

    /// The flow on V: gradients through its samples and of log q of data; of the energy, whose weights are fixed,
    /// forward on data, forward and input gradient on samples.
    var flow: Double {
        (3 * flowPass + energyPass) * batch + (3 * flowPass + 2 * energyPass) * generated
    }

    /// One pass of the generator for one image.
    private var generatorPass: Double { Double(recipe.generatorConfiguration(extents).multiplications) }

    /// The generator of a GAN: forward for the discriminator of a gan phase and for itself, and its gradients through the
    /// features or outputs of its samples, which may be compared with those of images.
    var generator: Double {
        let passes: Double = phase.kind == .gan ? 4 : 3
        let comparesWithData = phase.kind == .gan || phase.adversarialObjective.comparesWithData
        return (passes * generatorPass + 2 * energyPass) * generated
            + (comparesWithData ? energyPass * batch : 0)
    }

    /// One update of a critic: samples drawn, training on them and on images; for a penalty the gradient at points
    /// between them, and training on the derivative along it, which runs beside another pass.
    var critic: Double {
        let penalty = phase.loss == .gradientPenalty ? (3 * energyPass + energyTraining) * batch : 0
        return generatorPass * generated + energyTraining * (batch + generated) + penalty
    }

    /// The energy on V, labels and regularisers, with the flow's samples and log q.
    var energy: Double {
        let labelled = recipe.label.weight > 0 && recipe.data.hasLabels ? Double(phase.labelledBatch) : 0
        let isContrast = phase.kind != .supervised
        let unlabelled = isContrast || isRegularized ? batch : 0
        var sum = (labelled + unlabelled + (isContrast ? generated : 0)) * energyTraining
        sum += regularization * batch
        guard isContrast else { return sum }
        sum += generated * flowPass / (phase.pool > 0 ? Double(phase.poolUses) : 1)
        let needsLogDensity =
            recipe.energy.base == .none || recipe.energy.base == .flow && phase.kind == .joint
        return sum + (needsLogDensity && phase.draws == 0 ? batch * flowPass : 0)
    }

    private var isRegularized: Bool {
        recipe.vat.weight > 0 || recipe.entropy.weight > 0 || recipe.consistency.kind != .none
    }

    /// Further passes of an unlabelled image: VAT's direction (two products a layer) and perturbed pass, a second pass,
    /// the teacher's.
    private var regularization: Double {
        let vat = recipe.vat.weight > 0 ? 2 * energyPass * Double(recipe.vat.steps) + energyTraining : 0
        switch recipe.consistency.kind {
        case .none, .temporalEnsembling: return vat
        case .piModel: return vat + energyTraining
        case .meanTeacher: return vat + energyPass
        }
    }
}
