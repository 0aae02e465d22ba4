import EnergyModels
import Gradients
import Networks
import Tensors
import TestSupport
import Testing

/// The second pass of each term; the terms' values are golden tests.
@Suite("Consistency") struct ConsistencyTests {
    private let backend = ReferenceBackend()

    private func energy(seed: UInt64) -> ConditionalEnergy {
        var configuration = EnergyConfiguration()
        configuration.width = 0.06
        configuration.classes = 4
        let energy = ConditionalEnergy(configuration, shape: [16, 16, 1], backend: backend, seed: seed)
        energy.initialize(with: backend.randomTensor([16, 16, 16, 1], seed: 1, scale: 0.3))
        return energy
    }

    private func batch(_ mode: Pass.Mode, teacher: ParameterStore? = nil) -> UnlabelledBatch {
        let energy = energy(seed: 3)
        let pass = Pass(energy.store, on: Tape(backend), mode: mode, trainable: true)
        let images = backend.randomTensor([3, 16, 16, 1], seed: 2, scale: 0.3)
        let posterior = energy.classScores(energy.logits(pass.constant(images), pass), pass).logSoftmax()
        return UnlabelledBatch(
            energy: energy, images: images, logPosterior: posterior, pass: pass,
            key: RandomKey(seed: 5, purpose: .adversary), teacher: teacher)
    }

    private let training = Pass.Mode.train(dropout: RandomKey(seed: 6, purpose: .dropout))

    @Test("Pi-model: other masks, and nothing to agree on without dropout")
    func piModel() {
        #expect(backend.scalar(PiModel().loss(batch(training)).value) > 1e-5)
        expectClose([backend.scalar(PiModel().loss(batch(.evaluate)).value)], [0], absolute: 1e-15)
    }

    /// Where an epoch ends within a batch.
    @Test("Temporal ensembling: an image that comes twice is visited twice, each time from where it was")
    func repeatedImages() {
        let ensembling = TemporalEnsembling(images: 4, classes: 2, momentum: 0.75, backend: backend)
        ensembling.restore(ensemble: [0, 0, 0.5, 0.25, 0, 0, 0, 0], visits: [0, 2, 0, 0])
        let energy = energy(seed: 3)
        let pass = Pass.inference(energy.store)
        let p = [0.25, 0.75, 0.5, 0.5, 0.125, 0.875]
        let loss = ensembling.loss(
            UnlabelledBatch(
                energy: energy, images: backend.zeros([3], .float64), indices: [1, 3, 1],
                logPosterior: pass.constant(backend.map(.log, backend.tensor(p, [3, 2], .float64))),
                pass: pass, key: RandomKey(seed: 1, purpose: .adversary)))
        // The first row's image had a target of (0.5, 0.25) / (1 − 0.75²), and both rows are compared with it.
        let target = [0.5 / 0.4375, 0.25 / 0.4375]
        let differences = [0.25 - target[0], 0.75 - target[1], 0, 0, 0.125 - target[0], 0.875 - target[1]]
        let expected = differences.reduce(0) { $0 + $1 * $1 } / 6
        expectClose([backend.scalar(loss.value)], [expected], relative: 1e-12)
        func twice(_ z: Double, _ first: Double, _ second: Double) -> Double {
            0.75 * (0.75 * z + 0.25 * first) + 0.25 * second
        }
        expectClose(
            backend.doubles(ensembling.ensemble),
            [0, 0, twice(0.5, 0.25, 0.125), twice(0.25, 0.75, 0.875), 0, 0, 0.125, 0.125], relative: 1e-12)
        #expect(ensembling.visits == [0, 4, 0, 1])
    }

    @Test("Mean Teacher: the teacher's weights under masks of its own")
    func meanTeacher() {
        let twin = energy(seed: 3).store
        #expect(backend.scalar(MeanTeacher().loss(batch(training, teacher: twin)).value) > 1e-5)
        let same = MeanTeacher().loss(batch(.evaluate, teacher: twin))
        expectClose([backend.scalar(same.value)], [0], absolute: 1e-15)
        let other = MeanTeacher().loss(batch(.evaluate, teacher: energy(seed: 4).store))
        #expect(backend.scalar(other.value) > 1e-5)
    }
}
