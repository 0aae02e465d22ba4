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
        let posterior = energy.logPosterior(energy.logits(pass.constant(images), pass), pass)
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
