import EnergyModels
import Gradients
import Networks
import RealModule
import Scores
import Tensors
import TestSupport
import Testing

@Suite("Virtual adversarial training") struct VirtualAdversarialTests {
    private let backend = ReferenceBackend()
    private let key = RandomKey(seed: 5, purpose: .adversary)

    private func makeEnergy(seed: UInt64 = 3) -> ConditionalEnergy {
        var configuration = EnergyConfiguration()
        configuration.width = 0.06
        configuration.classes = 4
        let energy = ConditionalEnergy(configuration, shape: [16, 16, 1], backend: backend, seed: seed)
        energy.initialize(with: backend.randomTensor([16, 16, 16, 1], seed: 1, scale: 0.3))
        return energy
    }

    private func clean(
        _ energy: ConditionalEnergy, _ pass: Pass, teacher: ParameterStore? = nil
    ) -> UnlabelledBatch {
        let images = backend.randomTensor([3, 16, 16, 1], seed: 2, scale: 0.3)
        let map = energy.linearization(count: 3)
        let logits = energy.logits(pass.constant(images), pass, trace: map)
        return UnlabelledBatch(
            energy: energy, images: images, logPosterior: energy.classScores(logits, pass).logSoftmax(),
            linearization: map,
            pass: pass, key: key, teacher: teacher)
    }

    private func trainingPass(_ energy: ConditionalEnergy, trainable: Bool = false) -> Pass {
        Pass(
            energy.store, on: Tape(backend),
            mode: .train(dropout: RandomKey(seed: 6, purpose: .dropout)), trainable: trainable)
    }

    @Test("A small finite difference finds the exact direction")
    func directionsAgree() throws {
        let energy = makeEnergy()
        let pass = trainingPass(energy)
        let clean = clean(energy, pass)
        let exact = VirtualAdversarial(direction: .exact).perturbation(clean)
        let difference = VirtualAdversarial(direction: .difference, step: 1e-5)
            .perturbation(clean)
        let cosines = backend.cosines(exact, difference)
        #expect(cosines.allSatisfy { $0 > 0.999 })
        let vat = VirtualAdversarial(step: 1e-5)
        let checked = try #require(vat.selfCheck(clean)[.vatCosine])
        expectClose([checked], [cosines.reduce(0, +) / 3], relative: 1e-12)
        #expect(try #require(VirtualAdversarial(step: 100).selfCheck(clean)[.vatCosine]) < 0.9)
    }

    @Test("Every perturbation has norm ε, and one power step beats a random direction")
    func adversarialBeatsRandom() {
        let energy = makeEnergy()
        let pass = trainingPass(energy)
        let clean = clean(energy, pass)
        func damage(_ iterations: Int) -> Double {
            let vat = VirtualAdversarial(radius: 0.5, iterations: iterations)
            let r = vat.perturbation(clean)
            let squares = backend.sum(backend.map(.square, r), .rows)
            expectClose(backend.doubles(squares), [0.25, 0.25, 0.25], relative: 1e-9)
            return backend.scalar(vat.loss(clean).value)
        }
        #expect(damage(1) > 2 * damage(0))
    }

    @Test("Fresh masks change the divergence at radius zero, shared masks leave none")
    func masks() {
        let energy = makeEnergy()
        let pass = trainingPass(energy)
        let clean = clean(energy, pass)
        let shared = VirtualAdversarial(radius: 0).loss(clean)
        let fresh = VirtualAdversarial(radius: 0, sharesMasks: false).loss(clean)
        expectClose([backend.scalar(shared.value)], [0], absolute: 1e-12)
        #expect(backend.scalar(fresh.value) > 1e-4)
    }

    @Test("The loss moves parameters through the perturbed pass only")
    func gradientHoldsTheCleanPosterior() {
        let energy = makeEnergy()
        let pass = trainingPass(energy, trainable: true)
        let clean = clean(energy, pass)
        let vat = VirtualAdversarial(radius: 0.5)
        let r = vat.perturbation(clean)
        let target = clean.logPosterior.value
        pass.tape.backward(from: vat.loss(clean))
        let start = backend.doubles(energy.store.values)
        let moved = backend.combine(.add, clean.images, r, .elementwise)
        expectGradients(
            [pass.gradient()],
            of: { points in
                backend.copy(points[0], into: energy.store.values)
                let pass = trainingPass(energy)
                let perturbed = energy.classScores(energy.logits(pass.constant(moved), pass), pass)
                    .logSoftmax()
                return backend.scalar(meanDivergence(pass.constant(target), perturbed).value)
            },
            at: [backend.tensor(start, [start.count], .float64)], on: backend, step: 1e-7, relative: 1e-4)
    }

    @Test("The teacher's answer is the target, and the direction stays the student's")
    func teacher() {
        let (student, teacher) = (makeEnergy(), makeEnergy(seed: 4))
        let pass = Pass.inference(student.store)
        let batch = clean(student, pass, teacher: teacher.store)
        let vat = VirtualAdversarial(radius: 0.5, target: .teacher)
        // By hand, from networks that know nothing of each other.
        func logPosterior(_ energy: ConditionalEnergy, _ images: Tensor) -> [Double] {
            let pass = Pass.inference(energy.store)
            let logits = energy.logits(pass.constant(images), pass)
            return backend.doubles(energy.classScores(logits, pass).logSoftmax().value)
        }
        let perturbation = VirtualAdversarial(radius: 0.5).perturbation(batch)
        expectClose(backend.doubles(vat.perturbation(batch)), backend.doubles(perturbation), relative: 0)
        let moved = backend.combine(.add, batch.images, perturbation, .elementwise)
        let pairs = zip(logPosterior(teacher, batch.images), logPosterior(student, moved))
        let divergence = pairs.reduce(0) { $0 + Double.exp($1.0) * ($1.0 - $1.1) } / 3
        expectClose([backend.scalar(vat.loss(batch).value)], [divergence], relative: 1e-9)
        #expect(divergence > 1e-3)
    }

    @Test("A teacher with the student's weights answers under other masks, and learns nothing from the loss")
    func teacherMasks() throws {
        let energy = makeEnergy()
        let pass = trainingPass(energy, trainable: true)
        let batch = clean(energy, pass, teacher: energy.store)
        let loss = VirtualAdversarial(radius: 1e-9, target: .teacher).loss(batch)
        #expect(backend.scalar(loss.value) > 1e-5)
        // The gradient is that of a divergence from a constant.
        pass.tape.backward(from: loss)
        let target = backend.doubles(batch.teacherLogPosterior().value)
        let fixed = trainingPass(energy, trainable: true)
        let logits = energy.logits(fixed.constant(batch.images), fixed)
        fixed.tape.backward(
            from: meanDivergence(
                fixed.constant(backend.tensor(target, [3, 4], .float64)),
                energy.classScores(logits, fixed).logSoftmax()))
        expectClose(
            backend.floats(pass.gradient()).map(Double.init),
            backend.floats(fixed.gradient()).map(Double.init), relative: 1e-4, absolute: 1e-6)
    }

    @Test("A saturated posterior gives a zero direction, not NaN")
    func saturated() {
        let x = backend.zeros([2, 3], .float64)
        #expect(backend.doubles(backend.normalizedRows(x, norm: 2.5)) == [0, 0, 0, 0, 0, 0])
        let tiny = backend.tensor([3e-100, 4e-100], [1, 2], .float64)
        expectClose(backend.doubles(backend.normalizedRows(tiny, norm: 1)), [0.6, 0.8], relative: 1e-6)
    }
}
