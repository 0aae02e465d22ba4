import Gradients
import Networks
import RealModule
import Tensors
import TestSupport
import Testing

@testable import Methods

@Suite("Variational autoencoder") struct VariationalAutoencoderTests {
    private let backend = ReferenceBackend()

    private func autoencoder(_ likelihood: ImageLikelihood, features: Int = 7) -> VariationalAutoencoder {
        VariationalAutoencoder(
            features: features, latent: 5, channels: 2, likelihood: likelihood, backend: backend, seed: 1)
    }

    @Test("log p(x|z), KL, the bound and its gradients are PyTorch's", arguments: ImageLikelihood.allCases)
    func bound(likelihood: ImageLikelihood) throws {
        let golden = try Golden("vae")
        let model = autoencoder(likelihood)
        golden.load(into: model.store)
        let tape = Tape(backend)
        let pass = Pass(model.store, on: tape, mode: .evaluate, trainable: true)
        let decoded = tape.variable(golden.tensor("decoded", on: backend))
        let posterior = Posterior(
            mean: tape.variable(golden.tensor("mean", on: backend)),
            logDeviation: tape.variable(golden.tensor("logDeviation", on: backend)))
        let logLikelihood = model.logLikelihood(
            of: golden.tensor("images", on: backend), decoded: decoded, pass)
        let name = likelihood.rawValue
        // PyTorch's difference of sigmoids cancels; ours does not.
        expectClose(
            backend.doubles(logLikelihood.value), golden.values("\(name).likelihood"), relative: 1e-10)
        expectClose(
            backend.doubles(posterior.divergence.value), golden.values("divergence"), relative: 1e-12)
        let bound = (logLikelihood - posterior.divergence).mean()
        expectClose([backend.scalar(bound.value)], golden.values("\(name).bound"), relative: 1e-10)
        tape.backward(from: bound)
        let variables = [
            ("decoded", decoded), ("logScale", pass.parameter("logScale")), ("mean", posterior.mean),
            ("logDeviation", posterior.logDeviation),
        ]
        for (variable, leaf) in variables {
            expectClose(
                backend.doubles(try #require(leaf.gradient)),
                golden.values("gradient.\(name).bound.\(variable)"), relative: 1e-8, variable)
        }
    }

    @Test("A draw's weight is log p(z) − log q(z|x)")
    func weight() throws {
        let golden = try Golden("vae")
        let pass = Pass.inference(autoencoder(.gaussian).store)
        let posterior = Posterior(
            mean: pass.constant(golden.tensor("mean", on: backend)),
            logDeviation: pass.constant(golden.tensor("logDeviation", on: backend)))
        let z = posterior.draw(pass.constant(golden.tensor("epsilon", on: backend)))
        expectClose(
            backend.doubles(posterior.logWeight(of: z, pass).value), golden.values("weight"), relative: 1e-12)
    }

    @Test("The discretized logistic keeps its precision where a difference of sigmoids is 0, in float32 too")
    func extremes() throws {
        let golden = try Golden("vae")
        let cpu = try Device.cpu.open(threads: 1, precision: .float32)
        for (backend, tolerance) in [(backend as any Backend, 1e-9), (cpu, 1e-5)] {
            let tape = Tape(backend)
            let x = backend.tensor([Float(228.5 / 256 - 0.5)], [1, 1, 1, 1], backend.real)
            let mean = tape.constant(backend.tensor([Float(28.0 / 256 - 0.5)], [1, 1, 1, 1], backend.real))
            let logScale = tape.constant(backend.tensor([Float(-7)], [1], backend.real))
            let density = mean.discretizedLogisticLogDensity(
                of: BinnedImages(x, backend), logScale: logScale, tape)
            expectClose(
                backend.doubles(density.value), golden.values("logistic.extreme"), relative: tolerance)
        }
    }

    @Test("The masses of all 256 bins sum to 1, wherever in its bin a value lies")
    func masses() {
        let tape = Tape(backend)
        for inside in [0.01, 0.99] {
            let values = (0..<256).map { (Double($0) + inside) / 256 - 0.5 }
            let x = backend.tensor(values, [256, 1, 1, 1], backend.real)
            let mean = tape.constant(
                backend.affine(backend.zerosLike(x), scale: 1, shift: 0.31))
            let logScale = tape.constant(backend.tensor([-2.0], [1], backend.real))
            let density = mean.discretizedLogisticLogDensity(
                of: BinnedImages(x, backend), logScale: logScale, tape)
            let total = backend.doubles(density.value).reduce(0) { $0 + Double.exp($1) / 256 }
            expectClose([total], [1], relative: 1e-12)
        }
    }

    @Test("A value lies in the bin of 1/256 below it, one out of range in the outermost")
    func bins() throws {
        let values: [Float] = [-0.5, -0.4961, -0.49609375, 0, 0.0038, 0.49609375, 0.4999, -0.7, 0.5, 3]
        let bins = [0, 0, 1, 128, 128, 255, 255, 0, 255, 255]
        for backend in [backend as any Backend, try Device.cpu.open(threads: 1, precision: .float32)] {
            let binned = BinnedImages(backend.tensor(values, [values.count], backend.real), backend)
            #expect(backend.doubles(binned.centres) == bins.map { (Double($0) + 0.5) / 256 - 0.5 })
            #expect(backend.doubles(binned.isAboveLowest) == bins.map { $0 == 0 ? 0 : 1 })
            #expect(backend.doubles(binned.isBelowHighest) == bins.map { $0 == 255 ? 0 : 1 })
        }
    }

    @Test("q(z|x) starts with the prior's deviation and a mean of order 1")
    func start() {
        let model = autoencoder(.gaussian, features: 900)
        let pass = Pass.inference(model.store)
        let features = backend.normal([50, 900], key: RandomKey(seed: 2, purpose: .sample))
        let posterior = model.posterior(pass.constant(features), pass)
        #expect(backend.doubles(posterior.logDeviation.value).allSatisfy { $0 == 0 })
        let squares = backend.doubles(posterior.mean.value).map { $0 * $0 }
        expectClose([squares.reduce(0, +) / 250], [1], relative: 0.3)
    }
}
