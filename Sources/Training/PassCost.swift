import EnergyModels
import Flows
import Tensors

/// What one pass of one example costs in a recipe's models: multiplications in the products of the layers. The backward
/// pass of a product is two products more; element-wise work is not counted.
public struct PassCost {
    public let recipe: Recipe
    /// Height, width and channels of one example.
    public let extents: [Int]
    /// The flow, forward.
    public let flow: Double
    /// The energy, forward.
    public let energy: Double
    /// The layers that only the energy's shared part has, forward.
    public let shared: Double
    /// The energy, forward, with the gradients for its weights and its activations; the first layer is spared the gradient
    /// for its input.
    public let energyTraining: Double

    /// f of the energy, forward, with what all classes share.
    public var density: Double { energy + shared }

    public init(recipe: Recipe, extents: [Int]) {
        self.recipe = recipe
        self.extents = extents
        flow = recipe.uses(.flow) ? Double(recipe.flow.multiplications(extents: extents)) : 0
        let energy = recipe.energyConfiguration.multiplications(shape: Shape(extents))
        self.energy = Double(energy.total)
        shared =
            recipe.energy.head == .flow
            ? flow : Double(recipe.energyConfiguration.sharedMultiplications(shape: Shape(extents)))
        energyTraining = 3 * self.energy - Double(energy.first)
    }

    /// The energy on labels, regularisers and, with V, on generated images, but for what the flow does.
    public func classification(batch: Int, labelledBatch: Int, isContrast: Bool) -> Double {
        let labelled = recipe.label.weight > 0 && recipe.data.hasLabels ? Double(labelledBatch) : 0
        let unlabelled = isContrast || isRegularized ? Double(batch) : 0
        let generated = isContrast ? Double(recipe.generatedBatch(batch)) : 0
        let contrasted = isContrast ? unlabelled + generated : 0
        return (labelled + unlabelled + generated) * energyTraining + contrasted * 3 * shared
            + regularization * Double(batch)
    }

    private var isRegularized: Bool {
        recipe.vat.weight > 0 || recipe.entropy.weight > 0 || recipe.consistency.kind != .none
    }

    /// Further passes of an unlabelled image: VAT's direction (two products a layer) and perturbed pass, a second pass,
    /// the teacher's.
    private var regularization: Double {
        var vat = recipe.vat.weight > 0 ? 2 * energy * Double(recipe.vat.steps) + energyTraining : 0
        if recipe.vat.weight > 0 && recipe.vat.target == .teacher { vat += energy }
        switch recipe.consistency.kind {
        case .none, .temporalEnsembling: return vat
        case .piModel: return vat + energyTraining
        case .meanTeacher: return vat + energy
        }
    }
}

extension Recipe {
    /// Operations in the products of all updates of a phase, two a multiplication. A joint phase counts one update of the
    /// flow for each of the energy, as the gate decides only in training.
    ///
    /// - Parameters:
    ///   - phase: one of the recipe's.
    ///   - extents: height, width and channels of one example.
    public func operations(of phase: PlannedPhase, extents: [Int]) -> Double {
        let multiplications = phase.settings.multiplications(PassCost(recipe: self, extents: extents))
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
