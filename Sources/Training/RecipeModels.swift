import EnergyModels
import Tensors

// What a recipe's sections mean as models.

extension Recipe {
    public var energyConfiguration: EnergyConfiguration { energy.configuration(input: input) }

    /// The terms that unlabelled images add to the energy's loss, with their weights.
    package func regularizers(images: Int, _ backend: any Backend) -> [WeightedRegularizer] {
        var terms: [WeightedRegularizer] = []
        if vat.weight > 0 { terms.append(.init(term: vat.term, weight: vat.weight, rampUp: vat.rampUp)) }
        if entropy.weight > 0 { terms.append(.init(term: EntropyMinimization(), weight: entropy.weight)) }
        if let term = consistency.term(images: images, classes: energy.classes, backend),
            consistency.weight > 0
        {
            terms.append(.init(term: term, weight: consistency.weight, rampUp: consistency.rampUp))
        }
        return terms
    }

    /// Whether a term compares the classifier with its averaged weights.
    package var hasTeacher: Bool {
        consistency.kind == .meanTeacher || (vat.weight > 0 && vat.target == .teacher)
    }

    /// Whether any phase takes all of these models.
    public func uses(_ models: ModelSet) -> Bool {
        phases.contains { $0.settings.models.isSuperset(of: models) }
    }

    /// The nearest side of images, from 8 up, that is a multiple of `step`.
    public func roundedSize(to step: Int) -> Int { max(8, (data.size + step - 1) / step * step) }
}
