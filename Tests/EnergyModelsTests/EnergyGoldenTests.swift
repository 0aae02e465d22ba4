import EnergyModels
import Gradients
import Networks
import RealModule
import Tensors
import TestSupport
import Testing

@Suite("Energy models against PyTorch")
struct EnergyGoldenTests {
    let backend = ReferenceBackend()

    @Test(arguments: EnergyConfiguration.Pooling.allCases)
    func convSmall(_ pooling: EnergyConfiguration.Pooling) throws {
        let golden = try Golden("conv_small")
        var configuration = EnergyConfiguration()
        configuration.pooling = pooling
        configuration.width = 1 / 16
        let energy = ConditionalEnergy(configuration, shape: [32, 32, 3], backend: backend, seed: 1)
        #expect(Set(energy.store.names).subtracting(golden.names) == ["delta"])
        golden.load(into: energy.store)

        let tape = Tape(backend)
        let pass = Pass(energy.store, on: tape, mode: .evaluate, trainable: true)
        let x = tape.variable(golden.tensor("x", on: backend))
        let logits = energy.logits(x, pass)
        // The slope 0.2 is a float32 here: 1.5e-8 off, once a layer.
        expectClose(
            backend.doubles(logits.value), golden.values("\(pooling).logits"), relative: 2e-7, "logits")
        tape.backward(from: logits, gradient: golden.tensor("weights", on: backend))
        golden.expectGradient(
            pass.gradient(), of: energy.store, prefix: "gradient.\(pooling).", relative: 3e-7)
        if pooling == .max {
            let gradient = try #require(x.gradient)
            expectClose(backend.doubles(gradient), golden.values("gradient.max.x"), relative: 3e-7, "x")
        }
    }
}
