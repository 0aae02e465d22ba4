import EnergyModels
import Gradients
import Methods
import Networks
import RealModule
import Tensors
import TestSupport
import Testing

@Suite("Densities of classes") struct ClassDensityTests {
    private let backend = ReferenceBackend()

    private func energy(priors: [Double]? = nil) -> ConditionalEnergy {
        var configuration = EnergyConfiguration()
        (configuration.network, configuration.classes, configuration.priors) = (.mlp, 3, priors)
        return ConditionalEnergy(configuration, shape: [1, 1, 2], backend: backend, seed: 3)
    }

    @Test("The posterior and the marginal are eqs. 17 and 18")
    func posteriorAndMarginal() {
        let energy = energy()
        let pass = Pass.inference(energy.store)
        let logits = pass.constant(backend.tensor([1.0, 2, 4, -3, 0, 500], [2, 3], .float64))
        let e = [1.0, 2, 4].map(Double.exp)
        let posterior = backend.doubles(energy.logPosterior(logits, pass).value)
        expectClose(
            Array(posterior.prefix(3)), e.map { Double.log($0 / (e[0] + e[1] + e[2])) }, relative: 1e-12)
        let marginal = backend.doubles(energy.logMarginal(logits, pass).value)
        expectClose(marginal, [Double.log((e[0] + e[1] + e[2]) / 3), 500 - Double.log(3)], relative: 1e-12)
    }

    @Test("Calibration makes log p − log q zero on average")
    func calibration() {
        let energy = energy()
        energy.calibrate([1, 2, 3], logDensity: [-10, 20, -40])
        #expect(energy.normalizer == 12)
    }

    @Test("The posterior is the softmax of the class scores, with the priors that there are")
    func classScores() {
        let energy = energy(priors: [0.5, 0.25, 0.25])
        let pass = Pass.inference(energy.store)
        let logits = pass.constant(backend.tensor([1.0, 2, 4], [1, 3], .float64))
        let weighted = [0.5 * Double.exp(1), 0.25 * Double.exp(2), 0.25 * Double.exp(4)]
        let sum = weighted.reduce(0, +)
        let expected = weighted.map { Double.log($0 / sum) }
        for posterior in [energy.logPosterior(logits, pass), energy.classScores(logits, pass).logSoftmax()] {
            expectClose(backend.doubles(posterior.value), expected, relative: 1e-12)
        }
        let marginal = energy.logMarginal(logits, pass)
        expectClose(backend.doubles(marginal.value), [Double.log(sum)], relative: 1e-12)
    }

    @Test("A class's log density falls by as much as its δ rises: eqs. 15 and 16")
    func offsets() {
        let energy = energy()
        let x = backend.randomTensor([5, 1, 1, 2], seed: 1)
        func logits() -> [Double] {
            let pass = Pass.inference(energy.store)
            return backend.doubles(energy.logits(pass.constant(x), pass).value)
        }
        let before = logits()
        backend.copy(backend.tensor([0.5, -1, 3], [3], backend.real), into: energy.store["delta"])
        let offsets: [Double] = (0..<5).flatMap { _ in [0.5, -1, 3] as [Double] }
        expectClose(zip(before, logits()).map(-), offsets, relative: 1e-12)
    }
}
