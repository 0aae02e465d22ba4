import EnergyModels
import Gradients
import Methods
import Networks
import RealModule
import Tensors
import TestSupport
import Testing

@Suite("The objective and regularisers against PyTorch")
struct ObjectiveGoldenTests {
    let backend = ReferenceBackend()

    /// f, δ and log q as variables, and d on data and samples by the toolkit's own functions.
    private struct Contrast {
        let golden: Golden
        let energy: ConditionalEnergy
        let tape: Tape
        let pass: Pass
        let inputs: [String: Variable]

        init(priors: Bool = false) throws {
            golden = try Golden("losses")
            let backend = ReferenceBackend()
            var configuration = EnergyConfiguration()
            configuration.network = .mlp
            if priors { configuration.priors = golden.values("prior") }
            energy = ConditionalEnergy(configuration, shape: [1, 1, 2], backend: backend, seed: 1)
            tape = Tape(backend)
            pass = Pass(energy.store, on: tape, mode: .evaluate, trainable: false)
            var inputs: [String: Variable] = [:]
            for name in ["f.data", "f.samples", "f.perturbed", "log_q.data", "log_q.samples", "delta"] {
                inputs[name] = tape.variable(golden.tensor(name, on: backend))
            }
            self.inputs = inputs
        }

        func logits(_ part: String) -> Variable {
            inputs["f.\(part)"]!.combined(.subtract, inputs["delta"]!, .channels)
        }

        func d(_ part: String, negatives: Double) -> Variable {
            let logP = energy.logMarginal(logits(part), pass) - golden.scalar("c_bar")
            return logP - inputs["log_q.\(part)"]! - Double.log(negatives)
        }

        func posterior(_ part: String) -> Variable { energy.logPosterior(logits(part), pass) }

        func expectGradients(_ loss: Variable, _ name: String) {
            tape.backward(from: loss)
            let checked = inputs.filter { golden.names.contains("gradient.\(name).\($0.key)") }
            #expect(!checked.isEmpty)
            for (input, variable) in checked {
                let gradient = variable.gradient.map(tape.backend.doubles) ?? []
                expectClose(
                    gradient, golden.values("gradient.\(name).\(input)"), relative: 1e-6, "\(name) \(input)")
            }
        }
    }

    @Test(arguments: ["equal", "negatives"], ["value", "swapped"])
    func contrast(_ which: String, _ objective: String) throws {
        let contrast = try Contrast()
        let golden = contrast.golden
        let negatives = which == "equal" ? 1 : golden.scalar("nu")
        let data = contrast.d("data", negatives: negatives)
        let all = contrast.d("samples", negatives: negatives)
        let samples = which == "equal" ? all.rows(0..<data.shape.first) : all
        let (dData, dSamples) = (backend.doubles(data.value), backend.doubles(samples.value))
        expectClose(dData, golden.values("\(which).d.data"), relative: 1e-12)
        expectClose(dSamples, golden.values("\(which).d.samples"), relative: 1e-12)
        let accuracy = ContrastStatistics(data: dData, samples: dSamples).accuracy
        expectClose([accuracy], golden.values("\(which).accuracy"), relative: 1e-12)

        let flow: FlowObjective = objective == "value" ? .value : .nonSaturating
        let loss = flow.loss(data: data, samples: samples, negatives: negatives)
        let expected =
            objective == "value"
            ? golden.scalar("\(which).value")
            : golden.scalar("\(which).swapped.data") + golden.scalar("\(which).swapped.samples")
        expectClose([backend.scalar(loss.value)], [expected], relative: 1e-12)
        contrast.expectGradients(loss, "\(which).\(objective)")
    }

    @Test func crossEntropyOfLabels() throws {
        let contrast = try Contrast()
        let labels = backend.oneHot(contrast.golden.integers("labels"), classes: 10)
        let loss = crossEntropy(contrast.posterior("data"), oneHot: contrast.tape.constant(labels))
        expectClose([backend.scalar(loss.value)], contrast.golden.values("cross_entropy"), relative: 1e-12)
        contrast.expectGradients(loss, "cross_entropy")
    }

    @Test func entropy() throws {
        let contrast = try Contrast()
        let loss = meanEntropy(contrast.posterior("data"))
        let expected = contrast.golden.values("entropy").reduce(0, +) / 6
        expectClose([backend.scalar(loss.value)], [expected], relative: 1e-12)
        contrast.expectGradients(loss, "entropy")
    }

    @Test func divergence() throws {
        let contrast = try Contrast()
        let loss = meanDivergence(contrast.posterior("data").detached, contrast.posterior("perturbed"))
        let expected = contrast.golden.values("divergence").reduce(0, +) / 6
        expectClose([backend.scalar(loss.value)], [expected], relative: 1e-12)
        contrast.expectGradients(loss, "divergence")
    }

    @Test func consistency() throws {
        let contrast = try Contrast()
        let loss = meanSquaredDifference(contrast.posterior("data"), contrast.posterior("perturbed"))
        expectClose([backend.scalar(loss.value)], contrast.golden.values("consistency"), relative: 1e-12)
        contrast.expectGradients(loss, "consistency")
    }

    /// Three visits of every image; the first one has no target.
    @Test func temporalEnsembling() throws {
        let contrast = try Contrast()
        let ensembling = TemporalEnsembling(images: 9, classes: 10, momentum: 0.6, backend: backend)
        let indices = [8, 2, 0, 3, 5, 1]
        let losses = ["data", "perturbed", "data"].map { which in
            let batch = UnlabelledBatch(
                energy: contrast.energy, images: backend.zeros([6], .float64), indices: indices,
                logPosterior: contrast.posterior(which), pass: contrast.pass,
                key: RandomKey(seed: 1, purpose: .adversary))
            return backend.scalar(ensembling.loss(batch).value)
        }
        #expect(losses[0] == 0)
        expectClose(Array(losses[1...]), contrast.golden.values("temporal"), relative: 1e-6)
        #expect(ensembling.visits == [3, 3, 3, 3, 0, 3, 0, 0, 3])
    }

    @Test func classPriors() throws {
        let mixture = try Contrast(priors: true)
        let logP =
            mixture.energy.logMarginal(mixture.logits("data"), mixture.pass)
            - mixture.golden.scalar("c_bar")
        expectClose(
            backend.doubles(logP.value), mixture.golden.values("prior.log_p.data"), relative: 1e-12)
        mixture.expectGradients(logP.sum(.all), "prior.log_p")

        let weighted = try Contrast(priors: true)
        let labels = backend.oneHot(weighted.golden.integers("labels"), classes: 10)
        let loss = crossEntropy(weighted.posterior("data"), oneHot: weighted.tape.constant(labels))
        expectClose(
            [backend.scalar(loss.value)], weighted.golden.values("prior.cross_entropy"), relative: 1e-12)
        weighted.expectGradients(loss, "prior.cross_entropy")
    }
}
