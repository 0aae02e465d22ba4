import EnergyModels
import Gradients
import Networks
import Scores
import Tensors
import TestSupport
import Testing

@testable import Methods

/// An objective by the name of its golden values, and those of what it reads.
private struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let objective: any AdversarialObjective
    var outputs = "f"

    var testDescription: String { name }
}

private let cases = [
    Case(name: "non_saturating", objective: NonSaturating()), Case(name: "hinge", objective: HingeLoss()),
    Case(name: "wasserstein", objective: Wasserstein()),
    Case(name: "wasserstein", objective: GradientPenalty()),
    Case(name: "wasserstein", objective: DeepDirected()),
    Case(name: "repulsive", objective: MaximumMeanDiscrepancy(), outputs: "h"),
]

@Suite("Losses of critics and generators") struct AdversarialTests {
    private let backend = ReferenceBackend()
    private let training = Pass.Mode.train(dropout: RandomKey(seed: 1, purpose: .dropout))

    @Test("Losses and their gradients are PyTorch's", arguments: cases)
    private func losses(_ item: Case) throws {
        let golden = try Golden("adversarial")
        for side in ["critic", "generator"] {
            let tape = Tape(backend)
            let data = tape.variable(golden.tensor("\(item.outputs).data", on: backend))
            let samples = tape.variable(golden.tensor("\(item.outputs).samples", on: backend))
            let compared = item.objective.comparesWithData ? data : nil
            let loss =
                side == "critic"
                ? item.objective.criticLoss(data: data, samples: samples)
                : item.objective.generatorLoss(data: compared, samples: samples)
            let name = "\(item.name).\(side)"
            expectClose(backend.doubles(loss.value), golden.values(name), relative: 1e-10, name)
            tape.backward(from: loss)
            for (variable, part) in [(data, "data"), (samples, "samples")] {
                let key = "gradient.\(name).\(item.outputs).\(part)"
                #expect((variable.gradient != nil) == golden.names.contains(key), "\(key)")
                guard let gradient = variable.gradient else { continue }
                expectClose(backend.doubles(gradient), golden.values(key), relative: 1e-10, key)
            }
        }
    }

    @Test("The entropy of scales and its gradient are PyTorch's")
    func entropy() throws {
        let golden = try Golden("adversarial")
        let tape = Tape(backend)
        let gains = (0..<2).map { tape.variable(golden.tensor("gains.\($0)", on: backend)) }
        let entropy = gains.map(DeepDirected.entropy).reduce(tape.constant(backend.zeros([1], .float64)), +)
        expectClose(backend.doubles(entropy.value), golden.values("entropy"), relative: 1e-12)
        tape.backward(from: entropy)
        for (index, gain) in gains.enumerated() {
            expectClose(
                backend.doubles(try #require(gain.gradient)),
                golden.values("gradient.entropy.gains.\(index)"),
                relative: 1e-12)
        }
    }

    @Test("A generator's regulariser is the negative entropy of all its scales")
    func regularizer() throws {
        let configuration = GeneratorConfiguration(
            height: 8, width: 8, channels: 1, latent: 3, factor: 1 / 128, hasGain: true)
        let generator = Generator(configuration, backend: backend, seed: 1)
        let pass = Pass(generator.store, on: Tape(backend), mode: training, trainable: true)
        // Scales of 1: ½·ln(2πe) each, of 4 + 2 + 1 channels.
        let term = try #require(DeepDirected().regularizer(of: generator, pass))
        expectClose([try #require(term.measures[.generatorEntropy])], [7 * 1.418_938_533], relative: 1e-8)
        expectClose(backend.doubles(term.loss.value), [-7 * 1.418_938_533], relative: 1e-8)
        #expect(NonSaturating().regularizer(of: generator, pass) == nil)
    }

    @Test(
        "Clipping moves to the bound what is beyond it, and leaves running averages and the rest to the bit")
    func clipping() {
        var layout = ParameterLayout()
        layout.declare("w", [5], .values([0.02, -0.5, 0.01, -0.009_999, 0]))
        layout.declare("mean", [2], .values([3, -4]), isTrained: false)
        let store = ParameterStore(layout, backend: backend, seed: 1)
        let before = backend.doubles(store["w"])
        let measures = Wasserstein(bound: 0.01).constrain(store)
        let after = backend.doubles(store["w"])
        expectClose(Array(after[..<2]), [0.01, -0.01], relative: 1e-12)
        #expect(after[3...] == before[3...])
        #expect(backend.doubles(store["mean"]) == [3, -4])
        // 0.01 as a float is below 0.01.
        #expect(measures.logged == ["clipped": 0.4])
    }

    /// A critic of the golden file.
    private func critic(_ golden: Golden, on backend: any Backend) -> ConditionalEnergy {
        var configuration = EnergyConfiguration()
        (configuration.network, configuration.width) = (.fourLayer, 1.0 / 32)
        (configuration.normalization, configuration.classes) = (.none, 1)
        let energy = ConditionalEnergy(configuration, shape: [16, 16, 3], backend: backend, seed: 1)
        #expect(Set(energy.store.names).subtracting(golden.names) == ["delta"])
        golden.load(into: energy.store)
        return energy
    }

    /// The penalty on the golden critic at its images: its term, and the gradient for the parameters.
    private func penalty(
        _ energy: ConditionalEnergy, _ x: Tensor
    ) -> (term: AdversarialTerm, gradient: Tensor) {
        let backend = energy.store.backend
        let pass = Pass(energy.store, on: Tape(backend), mode: training, trainable: true)
        let critic = Critic(
            pass, function: { energy.logits($0, $1, activations: $1.backend.real) },
            derivative: { energy.directionalDerivative(at: $0, along: $1, $2) })
        let term = GradientPenalty(weight: 10).penalty(critic, at: x)
        pass.tape.backward(from: term.loss)
        return (term, pass.gradient())
    }

    @Test("The gradient penalty and its gradient are those of PyTorch's double backward")
    func gradientPenalty() throws {
        let golden = try Golden("critic")
        let energy = critic(golden, on: backend)
        let x = golden.tensor("x", on: backend)
        // The leaky ReLU's slope is a float's 0.2.
        let inference = Pass.inference(energy.store)
        expectClose(
            backend.doubles(energy.logits(inference.constant(x), inference).value), golden.values("logits"),
            relative: 2e-8, "logits")
        let (term, gradient) = penalty(energy, x)
        expectClose([try #require(term.measures[.penalty])], golden.values("penalty"), relative: 2e-8)
        expectClose([try #require(term.measures[.inputGradient])], golden.values("slope"), relative: 2e-8)
        // The largest gradients are stored as float32. Biases move no slope.
        let weights = energy.store.names.filter { $0.hasSuffix(".w") }
        for name in weights {
            let start = energy.store[name].offset - energy.store.values.offset
            let part = gradient.view(from: start, shape: energy.store[name].shape)
            expectClose(
                backend.doubles(part), golden.values("gradient.penalty.\(name)"), relative: 2e-7, name)
        }
        #expect(weights.count == 4)
    }

    @Test("Where a critic is flat the penalty is λ, and pulls nowhere")
    func flatCritic() throws {
        let energy = critic(try Golden("critic"), on: backend)
        backend.fill(energy.store.values, with: 0)
        let (term, gradient) = penalty(energy, backend.randomTensor([3, 16, 16, 3], seed: 1))
        #expect(term.measures.logged == ["penalty": 10, "inputGradient": 0])
        #expect(backend.doubles(gradient).allSatisfy { $0 == 0 })
    }

    @Test("The product computes the penalty's gradient in float32, whatever its precision elsewhere")
    func gradientPenaltyInProduct() throws {
        let golden = try Golden("critic")
        let reference = critic(golden, on: backend)
        let product = try Device.cpu.open(threads: 1, precision: .auto)
        let energy = critic(golden, on: product)
        let expected = penalty(reference, golden.tensor("x", on: backend)).gradient
        let actual = penalty(energy, golden.tensor("x", on: product)).gradient
        // bfloat16 anywhere would be off by 1e-3.
        expectClose(product.doubles(actual), backend.doubles(expected), relative: 1e-5)
    }

    @Test("Points of the penalty lie between an image and a generated one, at another place for each pair")
    func interpolates() throws {
        let count = 4
        let data = backend.randomTensor([count, 1, 1, 2], seed: 1)
        let samples = backend.randomTensor([count, 1, 1, 2], seed: 2)
        var layout = ParameterLayout()
        layout.declare("w", [1], .constant(1))
        let pass = Pass(
            ParameterStore(layout, backend: backend, seed: 1), on: Tape(backend), mode: training,
            trainable: true)
        var points: [Double] = []
        let critic = Critic(
            pass,
            function: { x, _ in
                points = self.backend.doubles(x.value)
                return x.reshaped([count, 2]).cast(to: .float64)
            }, derivative: { $2.constant($1).reshaped([count, 2]) })
        let key = RandomKey(seed: 3, purpose: .sample)
        _ = try #require(GradientPenalty().penalty(critic, data: data, samples: samples, key: key))
        let (a, b) = (backend.doubles(data), backend.doubles(samples))
        let shares = points.indices.map { (points[$0] - b[$0]) / (a[$0] - b[$0]) }
        for pair in 0..<count {
            #expect((0..<1).contains(shares[2 * pair]))
            expectClose([shares[2 * pair]], [shares[2 * pair + 1]], relative: 1e-9)
        }
        #expect(Set(shares.map { Int($0 * 1e6) }).count >= count)
    }
}
