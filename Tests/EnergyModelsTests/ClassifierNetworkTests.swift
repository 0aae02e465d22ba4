import EnergyModels
import Gradients
import Networks
import Tensors
import TestSupport
import Testing

private typealias Normalization = EnergyConfiguration.Normalization

/// Networks of the classifiers that FCE is compared with.
@Suite("Classifiers' networks") struct ClassifierNetworkTests {
    private let backend = ReferenceBackend()
    private let mode = Pass.Mode.train(dropout: RandomKey(seed: 2, purpose: .dropout))

    private func energy(
        size: Int = 16, _ change: (inout EnergyConfiguration) -> Void
    ) -> ConditionalEnergy {
        var configuration = EnergyConfiguration()
        configuration.width = 1.0 / 32
        configuration.dropout = [0, 0, 0]
        change(&configuration)
        return ConditionalEnergy(configuration, shape: [size, size, 3], backend: backend, seed: 1)
    }

    /// VAT's network, and that of the Π-model.
    private func rival(_ normalization: EnergyConfiguration.Normalization) -> ConditionalEnergy {
        energy {
            $0.network = .convLarge
            $0.downsampling = .maxpool
            $0.pooling = .mean
            $0.slope = 0.1
            $0.normalization = normalization
            $0.normalizesLogits = normalization == .batch
            $0.standardizesInput = normalization == .meanOnly
        }
    }

    private func logits(_ x: Tensor, _ energy: ConditionalEnergy, _ mode: Pass.Mode) -> [Double] {
        let pass = Pass(energy.store, on: Tape(backend), mode: mode, trainable: false)
        return backend.doubles(energy.logits(pass.constant(x), pass).value)
    }

    @Test(
        "Values and gradients are PyTorch's",
        arguments: [EnergyConfiguration.Normalization.batch, .meanOnly])
    func golden(_ normalization: EnergyConfiguration.Normalization) throws {
        let golden = try Golden(normalization == .batch ? "classifier_batch" : "classifier_mean_only")
        let energy = rival(normalization)
        let unknown = Set(energy.store.names).subtracting(golden.names)
        #expect(unknown.allSatisfy { $0 == "delta" || $0.hasSuffix(".mean") || $0.hasSuffix(".variance") })
        golden.load(into: energy.store)
        let tape = Tape(backend)
        let pass = Pass(energy.store, on: tape, mode: mode, trainable: true)
        let x = tape.variable(golden.tensor("x", on: backend))
        let logits = energy.logits(x, pass)
        expectClose(backend.doubles(logits.value), golden.values("logits"), relative: 1e-6, "logits")
        tape.backward(from: logits, gradient: golden.tensor("weights", on: backend))
        golden.expectGradient(pass.gradient(), of: energy.store, relative: 1e-6)
        expectClose(
            backend.doubles(try #require(x.gradient)), golden.values("gradient.x"), relative: 1e-6, "x")
    }

    @Test("With the batch's statistics as running ones, evaluation is training without dropout")
    func runningAverages() {
        for normalization in [Normalization.batch, .meanOnly] {
            let energy = rival(normalization)
            let x = backend.randomTensor([6, 16, 16, 3], seed: 4)
            energy.initialize(with: x)
            expectClose(logits(x, energy, .evaluate), logits(x, energy, mode), relative: 1e-9)
        }
    }

    @Test("Further evaluations of an update leave running averages alone")
    func keptAverages() {
        let energy = rival(.batch)
        let x = backend.randomTensor([6, 16, 16, 3], seed: 4)
        func mean() -> [Double] { backend.doubles(energy.store["conv1.norm.mean"]) }
        let pass = Pass(energy.store, on: Tape(backend), mode: mode, trainable: true)
        let start = mean()
        let batch = UnlabelledBatch(
            energy: energy, images: x, logPosterior: pass.constant(backend.zeros([6, 10], .float64)),
            pass: pass, key: RandomKey(seed: 1, purpose: .adversary), teacher: energy.store.duplicate())
        let vat = VirtualAdversarial(direction: .difference)
        for term in [PiModel(), MeanTeacher(), vat] as [any Regularizer] { _ = term.loss(batch) }
        #expect(mean() == start)
        _ = energy.logits(pass.constant(x), pass)
        #expect(mean() != start)
    }

    @Test("Noise and translation are of training alone, follow the key, and have the stated size")
    func inputNoise() {
        let x = backend.randomTensor([3, 16, 16, 3], seed: 4)
        let plain = energy { _ in }
        let noisy = energy {
            $0.translation = 2
            $0.inputNoise = 0.3
        }
        backend.copy(plain.store.values, into: noisy.store.values)
        #expect(logits(x, noisy, .evaluate) == logits(x, plain, .evaluate))
        let first = logits(x, noisy, mode)
        #expect(first == logits(x, noisy, mode))
        #expect(first != logits(x, plain, mode))
        #expect(first != logits(x, noisy, .train(dropout: RandomKey(seed: 3, purpose: .dropout))))
    }

    @Test("Translated images are cut out of a frame of zeros")
    func translation() {
        let x = backend.tensor((1...6).map(Double.init), [1, 2, 3, 1], .float64)
        func moved(_ down: Int, _ right: Int) -> [Double] {
            backend.doubles(backend.translate(x, by: [Translation(down: down, right: right)]))
        }
        #expect(moved(0, 0) == [1, 2, 3, 4, 5, 6])
        #expect(moved(1, 0) == [0, 0, 0, 1, 2, 3])
        #expect(moved(-1, 1) == [0, 4, 5, 0, 0, 0])
        #expect(moved(0, -2) == [3, 0, 0, 6, 0, 0])
        let shifts = backend.translations(4000, limit: 2, key: RandomKey(seed: 1, purpose: .dropout))
        for value in -2...2 {
            #expect(abs(shifts.count { $0.down == value } - 800) < 120)
            #expect(abs(shifts.count { $0.right == value } - 800) < 120)
        }
    }

    @Test("VAT's exact direction goes through standardisation, translations and noise")
    func linearization() throws {
        let energy = energy(size: 12) {
            $0.standardizesInput = true
            $0.translation = 2
            $0.inputNoise = 0.1
            $0.dropout = [0.2, 0.5, 0.5]
        }
        let noise = backend.randomTensor([energy.store.count], seed: 5, scale: 0.3)
        backend.accumulate(noise, into: energy.store.values, scale: 1)
        let (x, d) = (
            backend.randomTensor([2, 12, 12, 3], seed: 4), backend.randomTensor([2, 12, 12, 3], seed: 6)
        )
        let pass = Pass(energy.store, on: Tape(backend), mode: mode, trainable: false)
        let map = energy.linearization(count: 2)
        _ = energy.logits(pass.constant(x), pass, trace: map)
        let step = 1e-8
        func at(_ sign: Double) -> [Double] {
            let moved = backend.combine(
                .add, x, backend.affine(d, scale: sign * step, shift: 0), .elementwise)
            return logits(moved, energy, mode)
        }
        let difference = zip(at(1), at(-1)).map { ($0 - $1) / (2 * step) }
        let tangent = backend.doubles(map.forward(d))
        expectClose(tangent, difference, relative: 1e-6)
        let u = backend.randomTensor([2, 10], seed: 7)
        func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
        let there = dot(backend.doubles(u), tangent)
        expectClose([dot(backend.doubles(map.adjoint(u)), backend.doubles(d))], [there], relative: 1e-9)
    }
}
