import Flows
import Gradients
import Networks
import Tensors
import TestSupport
import Testing

@Suite("Glow against PyTorch")
struct GlowGoldenTests {
    /// Parameters from the file; the permutations and signs are those of seed 1, which the file was made with.
    private func glow(_ golden: Golden, _ coupling: Coupling.Kind, on backend: any Backend) -> Glow {
        let configuration = GlowConfiguration(
            height: 8, width: 8, channels: 3, levels: coupling == .spline ? 1 : 2,
            blocks: coupling == .additive ? 2 : 1, hidden: 8, coupling: coupling)
        let glow = Glow(configuration, backend: backend, seed: 1)
        #expect(Set(glow.store.names).isSubset(of: golden.names))
        golden.load(into: glow.store)
        return glow
    }

    @Test(arguments: Coupling.Kind.allCases)
    func logDensityLatentsAndGradients(_ coupling: Coupling.Kind) throws {
        let golden = try Golden("glow_\(coupling)")
        let backend = ReferenceBackend()
        let glow = glow(golden, coupling, on: backend)
        let tape = Tape(backend)
        let pass = Pass(glow.store, on: tape, mode: .evaluate, trainable: true)
        let x = tape.variable(golden.tensor("x", on: backend))
        let logDensity = glow.logDensity(x, pass)
        expectClose(backend.doubles(logDensity.value), golden.values("log_q"), relative: 1e-12, "log q")
        for (i, latent) in glow.latents(x.detached, pass).enumerated() {
            expectClose(backend.doubles(latent.value), golden.values("z\(i)"), relative: 1e-12, "z\(i)")
        }
        tape.backward(from: logDensity.mean())
        // Gradients are stored as float32.
        golden.expectGradient(pass.gradient(), of: glow.store, relative: 1e-7)
        let gradient = try #require(x.gradient)
        expectClose(backend.doubles(gradient), golden.values("gradient.x"), relative: 1e-7, "x")
    }
}
