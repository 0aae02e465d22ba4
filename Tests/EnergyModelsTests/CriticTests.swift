import Gradients
import Networks
import Tensors
import TestSupport
import Testing

@testable import EnergyModels

/// The networks of critics: other normalisations, several outputs, experts, and the derivative along a direction.
@Suite("Critics' networks") struct CriticTests {
    private let backend = ReferenceBackend()
    private let training = Pass.Mode.train(dropout: RandomKey(seed: 2, purpose: .dropout))

    private func energy(_ change: (inout EnergyConfiguration) -> Void) -> ConditionalEnergy {
        var configuration = EnergyConfiguration()
        (configuration.network, configuration.width, configuration.classes) = (.fourLayer, 1.0 / 32, 1)
        change(&configuration)
        return ConditionalEnergy(configuration, shape: [16, 16, 3], backend: backend, seed: 1)
    }

    @Test("A product of experts and its gradients are PyTorch's")
    func experts() throws {
        let golden = try Golden("adversarial")
        let experts = ProductOfExperts(dimensions: 32)
        var layout = ParameterLayout()
        experts.declare(in: &layout)
        let store = ParameterStore(layout, backend: backend, seed: 1)
        golden.load(into: store)
        let pass = Pass(store, on: Tape(backend), mode: training, trainable: true)
        let x = pass.tape.variable(golden.tensor("x", on: backend))
        let activations = pass.tape.variable(golden.tensor("activations", on: backend))
        let f = experts(activations, of: x, pass)
        #expect(f.shape == [5, 1])
        expectClose(backend.doubles(f.value), golden.values("experts"), relative: 1e-10)
        pass.tape.backward(from: f.sum(.all))
        for (variable, name) in [
            (x, "x"), (pass.parameter("visible"), "visible"), (activations, "activations"),
        ] {
            // Gradients of more than 100 elements are stored as float32.
            expectClose(
                backend.doubles(try #require(variable.gradient)), golden.values("gradient.experts.\(name)"),
                relative: 2e-7, name)
        }
    }

    @Test("DCGAN's critic normalises neither its first layer nor its last")
    func batchAfterFirst() {
        let names = energy { $0.normalization = .batchAfterFirst }.store.names
        #expect(
            names.filter { !$0.contains(".norm.") }
                == ["conv1.w", "conv1.b", "conv2.w", "conv3.w", "head.w", "delta"])
        #expect(Set(names.filter { $0.contains(".norm.") }.map { $0.prefix(5) }) == ["conv2", "conv3"])
    }

    @Test("Spectral normalisation bounds every layer: after initialisation all weights have norm 1 or nearly")
    func spectral() {
        let energy = energy { $0.normalization = .spectral }
        let x = backend.randomTensor([4, 16, 16, 3], seed: 1, scale: 0.3)
        energy.initialize(with: x)
        let vectors = energy.store.names.filter { $0.hasSuffix(".spectral.left") }
        #expect(vectors.map { $0.split(separator: ".")[0] } == ["conv1", "conv2", "conv3", "head"])
        // Doubling a layer's weights changes nothing.
        func f() -> [Double] {
            let pass = Pass.inference(energy.store)
            return backend.doubles(energy.logits(pass.constant(x), pass).value)
        }
        let before = f()
        let weights = energy.store["conv2.w"]
        backend.copy(backend.affine(weights, scale: 2, shift: 0), into: weights)
        expectClose(f(), before, relative: 1e-9)
    }

    @Test("A critic has as many outputs as it is asked for, an energy of experts one")
    func outputs() {
        func count(_ change: (inout EnergyConfiguration) -> Void) -> [Shape] {
            let energy = energy(change)
            let x = backend.randomTensor([3, 16, 16, 3], seed: 1)
            energy.initialize(with: x)
            let pass = Pass.inference(energy.store)
            return [energy.logits(pass.constant(x), pass).shape, energy.store["delta"].shape]
        }
        #expect(count { $0.outputs = 16 } == [[3, 16], [16]])
        #expect(count { ($0.head, $0.experts) = (.experts, 5) } == [[3, 1], [5]])
        #expect(count { _ in } == [[3, 1], [1]])
    }

    @Test(
        "The directional derivative is the central difference of f, and has its parameters' gradient",
        arguments: [EnergyConfiguration.Normalization.none, .weight, .spectral], [1, 2])
    func directionalDerivative(_ normalization: EnergyConfiguration.Normalization, outputs: Int) throws {
        let energy = energy { ($0.normalization, $0.outputs) = (normalization, outputs) }
        let x = backend.randomTensor([2, 16, 16, 3], seed: 1, scale: 0.3)
        let d = backend.randomTensor([2, 16, 16, 3], seed: 2)
        energy.initialize(with: x)
        func moved(_ step: Double) -> Tensor {
            backend.combine(.add, x, backend.affine(d, scale: step, shift: 0), .elementwise)
        }
        // Short enough that no unit changes its sign.
        let step = 1e-7
        func run(_ f: (Pass) -> Variable) -> (value: [Double], gradient: [Double]) {
            let pass = Pass(
                energy.store, on: Tape(backend), mode: training, trainable: true, movesStatistics: false)
            let y = f(pass)
            pass.tape.backward(from: y.sum(.all))
            return (backend.doubles(y.value), backend.doubles(pass.gradient()))
        }
        let derivative = run { energy.directionalDerivative(at: x, along: d, $0) }
        let difference = run {
            (energy.logits($0.constant(moved(step)), $0) - energy.logits($0.constant(moved(-step)), $0))
                .affine(scale: 1 / (2 * step))
        }
        expectClose(derivative.value, difference.value, relative: 1e-6, "value")
        expectClose(derivative.gradient, difference.gradient, relative: 1e-5, "gradient")
        #expect(derivative.gradient.contains { abs($0) > 1e-3 })
    }
}
