import EnergyModels
import Flows
import Gradients
import Networks
import Tensors
import TestSupport
import Testing

@Suite("Energies that classes share") struct SharedEnergyTests {
    private let backend = ReferenceBackend()
    private let shape: Shape = [16, 16, 3]

    private func configuration(_ head: EnergyConfiguration.Head) -> EnergyConfiguration {
        var configuration = EnergyConfiguration()
        (configuration.head, configuration.base, configuration.classes) = (head, .none, 3)
        (configuration.width, configuration.standardizesInput) = (0.05, true)
        return configuration
    }

    private func energy(_ head: EnergyConfiguration.Head, flow: (any Flow)? = nil) -> ConditionalEnergy {
        ConditionalEnergy(configuration(head), shape: shape, backend: backend, seed: 3, flow: flow)
    }

    private func images(_ count: Int, seed: UInt64 = 8) -> Tensor {
        backend.randomTensor([count, 16, 16, 3], seed: seed, scale: 0.2)
    }

    /// A flow whose parameters are all random.
    private func flow() -> Glow {
        let flow = Glow(
            GlowConfiguration(
                height: 16, width: 16, channels: 3, levels: 2, blocks: 1, hidden: 3, coupling: .additive),
            backend: backend, seed: 4)
        flow.initialize(with: images(8))
        let noise = backend.randomTensor([flow.store.count], seed: 5, scale: 0.05)
        backend.accumulate(noise, into: flow.store.values, scale: 1)
        return flow
    }

    /// e of images in a pass.
    private func shared(_ energy: ConditionalEnergy, _ x: Tensor, _ pass: Pass) throws -> [Double] {
        let x = pass.constant(x)
        let features = energy.classParts(x, pass).features
        return backend.doubles(try #require(energy.sharedEnergy(x, features: features, pass)).value)
    }

    @Test("Head flow starts as log q, and f is the sum of it and the class parts")
    func startsAsFlow() throws {
        let flow = flow()
        let energy = energy(.flow, flow: flow)
        energy.initialize(with: images(12), flow: flow)
        let pass = Pass.inference(energy.store)
        let x = images(5, seed: 9)
        let e = try shared(energy, x, pass)
        #expect(e == backend.doubles(flow.logDensities(x)))
        let h = backend.doubles(energy.classParts(pass.constant(x), pass).logits.value)
        let f = backend.doubles(energy.logits(pass.constant(x), pass).value)
        expectClose(f, h.enumerated().map { $1 + e[$0 / 3] }, relative: 1e-12)
    }

    @Test(
        "Its own layers see the pixels: not standardised, and without dropout",
        arguments: [nil, .moments, .convSmall] as [EnergyConfiguration.Network?])
    func seesPixels(_ network: EnergyConfiguration.Network?) throws {
        let flow = flow()
        var configuration = configuration(network == nil ? .flow : .separate)
        configuration.sharedNetwork = network ?? .moments
        let energy = ConditionalEnergy(configuration, shape: shape, backend: backend, seed: 3, flow: flow)
        energy.initialize(with: images(12), flow: flow)
        // Dark enough that no pixel leaves the cube, outside of which e changes in any case.
        let x = backend.affine(images(4, seed: 9), scale: 0.25, shift: 0)
        let calm = Pass.inference(energy.store)
        let brighter = backend.affine(x, scale: 1.5, shift: 0.05)
        let (e, changed) = (try shared(energy, x, calm), try shared(energy, brighter, calm))
        for (a, b) in zip(e, changed) { #expect(abs(a - b) > 1e-3) }
        let parts = { energy.classParts(calm.constant($0), calm).logits.value }
        expectClose(backend.doubles(parts(brighter)), backend.doubles(parts(x)), absolute: 1e-3)
        let training = Pass(
            energy.store, on: Tape(backend), mode: .train(dropout: RandomKey(seed: 1, purpose: .dropout)),
            trainable: false)
        #expect(try shared(energy, x, training) == e)
    }

    @Test("Far outside of the pixel cube log p of layers of its own falls as a square")
    func confinement() throws {
        let energy = energy(.separate)
        energy.initialize(with: images(12), energyDeviation: 50)
        let pass = Pass.inference(energy.store)
        let direction = images(4, seed: 9)
        func f(_ scale: Double) throws -> [Double] {
            try shared(energy, backend.affine(direction, scale: scale, shift: 0), pass)
        }
        let (far, farther) = (try f(1e4), try f(2e4))
        for (a, b) in zip(far, farther) {
            #expect(a < -1e6)
            expectClose([b / a], [4], relative: 0.01)
        }
    }

    @Test("Gradients of f for images and parameters are those of differences", arguments: [true, false])
    func gradients(_ isFlow: Bool) {
        let flow = flow()
        let energy = isFlow ? energy(.flow, flow: flow) : energy(.separate)
        energy.initialize(with: images(12), flow: flow)
        let weights = backend.randomTensor([2, 3], seed: 6, scale: 1)
        func f(_ x: Variable, _ pass: Pass) -> Variable {
            (energy.logits(x, pass) * pass.constant(backend.cast(weights, to: .float64))).sum(.all)
        }
        func value(_ points: [Tensor]) -> Double {
            let before = backend.doubles(energy.store.values)
            backend.copy(points[1], into: energy.store.values)
            let pass = Pass.inference(energy.store)
            defer {
                backend.copy(
                    backend.tensor(before, energy.store.values.shape, backend.real), into: energy.store.values
                )
            }
            return backend.scalar(f(pass.constant(points[0]), pass).value)
        }
        let tape = Tape(backend)
        let pass = Pass(energy.store, on: tape, mode: .evaluate, trainable: true)
        let x = tape.variable(images(2, seed: 9))
        tape.backward(from: f(x, pass))
        let parameters = backend.tensor(
            backend.doubles(energy.store.values), energy.store.values.shape, backend.real)
        expectGradients(
            [x.gradient ?? x.value, pass.gradient()], of: value, at: [x.value, parameters], on: backend,
            step: 1e-6, relative: 1e-4)
    }

    @Test("Its own layers move by their factor of the rate, all others by the rate")
    func rate() {
        let flow = flow()
        var slow = configuration(.flow)
        slow.sharedRate = 0.01
        let energies = [configuration(.flow), slow].map {
            ConditionalEnergy($0, shape: shape, backend: backend, seed: 3, flow: flow)
        }
        let settings = OptimizerSettings(kind: .adam, rate: 1e-3)
        let moves = energies.map { energy in
            let before = backend.doubles(energy.store.values)
            let gradient = backend.randomTensor([energy.store.count], seed: 7, scale: 1)
            energy.optimizer(settings).update(gradient, rate: 1e-3)
            let after = backend.doubles(energy.store.values)
            return zip(after, before).map { $0 - $1 }
        }
        let own = Set(flow.store.names)
        var checked = 0
        for name in energies[0].store.names {
            let view = energies[0].store[name]
            let start = view.offset - energies[0].store.values.offset
            let range = start..<start + view.count
            let factor = own.contains(name) ? 0.01 : 1
            expectClose(Array(moves[1][range]), moves[0][range].map { factor * $0 }, absolute: 1e-9, name)
            checked += range.count
        }
        #expect(checked == energies[0].store.count)
    }
}
