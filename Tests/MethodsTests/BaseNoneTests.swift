import EnergyModels
import Gradients
import Networks
import RealModule
import Tensors
import TestSupport
import Testing

@testable import Methods

@Suite("Base none with an energy that classes share") struct BaseNoneTests {
    private let backend = ReferenceBackend()

    private func energy(normalizer: Double) -> ConditionalEnergy {
        var configuration = EnergyConfiguration()
        (configuration.network, configuration.classes) = (.mlp, 3)
        (configuration.base, configuration.head) = (.none, .gain)
        let energy = ConditionalEnergy(configuration, shape: [1, 1, 2], backend: backend, seed: 3)
        energy.normalizer = normalizer
        return energy
    }

    @Test("On its way from the flow, d is m + τ·(e − c̄ − log q)", arguments: [0.0, 0.25, 1])
    func temper(_ temper: Double) {
        let tape = Tape(backend)
        func constant(_ values: [Double]) -> Variable {
            tape.constant(backend.tensor(values, [2], .float64))
        }
        let marginal = Marginal(classes: constant([1, -2]), shared: constant([700, 640]))
        let d = Base(energy: energy(normalizer: 30)).logRatio(
            marginal, temper: temper, density: { constant([660, 615]) }, initial: { constant([0, 0]) })
        expectClose(
            backend.doubles(d.value), [1 + temper * 10, -2 - temper * 5], relative: 1e-12)
    }

    @Test("The fit's loss is 1 − R² and leaves class parts and constants alone")
    func fit() throws {
        let tape = Tape(backend)
        let shared = tape.variable(backend.tensor([10.0, 20, 30, 44], [4], .float64))
        let classes = tape.variable(backend.tensor([1.0, 1, 1, 1], [4], .float64))
        let target = backend.tensor([110.0, 120, 130, 140], [4], .float64)
        let fit = DensityFit(
            of: Marginal(classes: classes, shared: shared), to: tape.constant(target))
        // The rest is −99, −99, −99, −95, of variance 3; log q has the variance 125.
        expectClose([backend.scalar(fit.loss.value)], [3.0 / 125], relative: 1e-12)
        expectClose([fit.deviation], [Double.sqrt(3)], relative: 1e-12)
        tape.backward(from: fit.loss)
        #expect(classes.gradient == nil)
        // ∂/∂e_i of the mean square is (rest_i − mean)/2.
        expectClose(
            backend.doubles(try #require(shared.gradient)), [-0.5, -0.5, -0.5, 1.5].map { $0 / 125 },
            relative: 1e-12)
    }
}
