import Flows
import Gradients
import Networks
import RealModule
import Tensors
import TestSupport
import Testing

/// A small Glow all of whose parameters are random, so that nothing is zero or the identity.
private func randomGlow(
    _ configuration: GlowConfiguration, on backend: any Backend, scale: Double = 0.2
) -> Glow {
    let glow = Glow(configuration, backend: backend, seed: 7)
    let noise = backend.randomTensor([glow.store.count], seed: 5, scale: scale)
    backend.accumulate(noise, into: glow.store.values, scale: 1)
    return glow
}

private let configurations: [GlowConfiguration] = [
    GlowConfiguration(height: 2, width: 2, channels: 1, levels: 1, blocks: 2, hidden: 5, coupling: .additive),
    GlowConfiguration(height: 2, width: 2, channels: 3, levels: 1, blocks: 2, hidden: 5, coupling: .affine),
    GlowConfiguration(height: 4, width: 4, channels: 1, levels: 2, blocks: 1, hidden: 4, coupling: .affine),
    GlowConfiguration(height: 4, width: 4, channels: 1, levels: 2, blocks: 2, hidden: 4, coupling: .additive),
    .plane(couplings: 3, hidden: 6),
    GlowConfiguration(height: 2, width: 2, channels: 3, levels: 1, blocks: 2, hidden: 5, coupling: .spline),
    GlowConfiguration(height: 4, width: 4, channels: 1, levels: 2, blocks: 1, hidden: 4, coupling: .spline),
]

@Suite("Glow") struct GlowTests {
    private let backend = ReferenceBackend()

    private func shape(_ count: Int, _ configuration: GlowConfiguration) -> Shape {
        [count, configuration.height, configuration.width, configuration.channels]
    }

    @Test("Samples carry the log q that the density pass gives them", arguments: configurations)
    func samplesAgreeWithDensity(_ configuration: GlowConfiguration) {
        let glow = randomGlow(configuration, on: backend)
        let pass = Pass.inference(glow.store)
        let sample = glow.sample(3, key: RandomKey(seed: 1, purpose: .sample), pass)
        let density = glow.logDensity(pass.constant(sample.x.value), pass)
        expectClose(
            backend.doubles(sample.logDensity.value), backend.doubles(density.value), relative: 1e-9)
    }

    /// q(x) = N(z)·|det ∂z/∂x|, and sampling at noise ε gives x with ∂x/∂ε numerically: for the top and the split
    /// latents together, log q(x) = log N(ε) − log|det ∂x/∂ε|.
    @Test("log q is the numeric change of variables of the sampling pass", arguments: configurations)
    func changeOfVariables(_ configuration: GlowConfiguration) {
        let glow = randomGlow(configuration, on: backend)
        let pass = Pass.inference(glow.store)
        let x = glow.sample(1, key: RandomKey(seed: 2, purpose: .sample), pass).x.value
        // Gradients of log q pin log q up to a constant; the constant is fixed by the integral test in the plane and by
        // the Jacobian of one level below.
        guard configuration.levels == 1 else { return }
        let latent = { (values: [Double]) -> [Double] in
            let moved = backend.tensor(values, x.shape, .float64)
            return backend.doubles(glow.latents(pass.constant(moved), pass)[0].value)
        }
        let point = backend.doubles(x)
        let determinant = numericLogDeterminant(of: latent, at: point)
        let z = glow.latents(pass.constant(x), pass)[0]
        let mean = backend.doubles(glow.store["prior.mean"])
        let logs = backend.doubles(glow.store["prior.logs"])
        let prior = backend.doubles(z.value).enumerated().reduce(0.0) { sum, entry in
            let c = entry.offset % mean.count
            let u = (entry.element - mean[c]) / Double.exp(logs[c])
            return sum - 0.5 * u * u - logs[c] - 0.5 * Double.log(2 * .pi)
        }
        let density = backend.scalar(glow.logDensity(pass.constant(x), pass).value)
        expectClose([density], [prior + determinant], relative: 1e-6)
    }

    @Test("Gradients of log q of data and of samples are central differences", arguments: configurations)
    func gradients(_ configuration: GlowConfiguration) {
        let glow = randomGlow(configuration, on: backend)
        let data = backend.randomTensor(shape(2, configuration), seed: 11, scale: 0.5)
        func loss(_ pass: Pass, _ x: Variable) -> Variable {
            let sample = glow.sample(2, key: RandomKey(seed: 4, purpose: .sample), pass)
            // Through the samples' pixels, their log q, and the density of data.
            return glow.logDensity(x, pass).mean() + sample.logDensity.mean()
                + sample.x.mapped(.square).mean()
        }
        let tape = Tape(backend)
        let pass = Pass(glow.store, on: tape, mode: .evaluate, trainable: true)
        let x = tape.variable(data)
        tape.backward(from: loss(pass, x))
        let start = backend.doubles(glow.store.values)
        expectGradients(
            [pass.gradient(), x.gradient!],
            of: { points in
                backend.copy(points[0], into: glow.store.values)
                let pass = Pass.inference(glow.store)
                return backend.scalar(loss(pass, pass.constant(points[1])).value)
            },
            at: [backend.tensor(start, [start.count], .float64), data], on: backend, relative: 1e-5)
    }

    @Test("Data-dependent initialisation standardises every actnorm's output")
    func initialization() {
        let configuration = configurations[4]
        let glow = Glow(configuration, backend: backend, seed: 1)
        let data = backend.randomTensor(shape(64, configuration), seed: 3, scale: 2, shift: 1)
        glow.initialize(with: data)
        let pass = Pass.inference(glow.store)
        let z = glow.latents(pass.constant(data), pass)[0]
        let (mean, variance) = backend.moments(z.value)
        // Couplings start as x₂·σ(2): no shift, so means stay 0; rotations keep total variance below 1.
        expectClose(backend.doubles(mean), [0, 0], absolute: 1e-9)
        #expect(backend.doubles(variance).allSatisfy { $0 > 0.2 && $0 <= 1.1 })
    }

    @Test("Spline couplings start as the identity, as additive ones do, and data start actnorms alike")
    func freshSplines() {
        let flows = [Coupling.Kind.additive, .spline].map { kind in
            var configuration = configurations[3]
            configuration.coupling = kind
            let glow = Glow(configuration, backend: backend, seed: 3)
            glow.initialize(with: backend.randomTensor(shape(8, configuration), seed: 4, scale: 2))
            return glow
        }
        let x = backend.randomTensor(shape(3, configurations[3]), seed: 5)
        let densities = flows.map { glow in
            let pass = Pass.inference(glow.store)
            return backend.doubles(glow.logDensity(pass.constant(x), pass).value)
        }
        expectClose(densities[1], densities[0], relative: 1e-12)
        let names = flows[0].store.names.filter { $0.contains(".actnorm.") }
        for name in names {
            expectClose(
                backend.doubles(flows[1].store[name]), backend.doubles(flows[0].store[name]), relative: 1e-9,
                name)
        }
    }

    @Test("In float32 too, samples have the log q of the density pass", arguments: configurations)
    func samplesAgreeInFloat32(_ configuration: GlowConfiguration) throws {
        let device = try CPUBackend(threads: 1)
        let glow = randomGlow(configuration, on: device, scale: 0.1)
        let pass = Pass.inference(glow.store)
        let sample = glow.sample(16, key: RandomKey(seed: 1, purpose: .sample), pass)
        let density = glow.logDensity(pass.constant(sample.x.value), pass)
        expectClose(
            device.doubles(sample.logDensity.value), device.doubles(density.value), relative: 1e-5)
    }

    @Test("A fresh additive flow keeps densities finite and a duplicate is independent")
    func duplicate() {
        let glow = randomGlow(configurations[0], on: backend)
        let copy = glow.duplicate()
        let before = backend.doubles(copy.store.values)
        backend.fill(glow.store.values, with: 0)
        #expect(backend.doubles(copy.store.values) == before)
    }

    @Test("The plane flow integrates to one")
    func integral() {
        let glow = randomGlow(.plane(couplings: 3, hidden: 6), on: backend, scale: 0.1)
        let (size, extent) = (120, 24.0)
        let points = (0..<size * size).flatMap { index -> [Double] in
            [index / size, index % size].map { extent * ((Double($0) + 0.5) / Double(size) - 0.5) }
        }
        let pass = Pass.inference(glow.store)
        let x = pass.constant(backend.tensor(points, [size * size, 1, 1, 2], .float64))
        let density = backend.doubles(glow.logDensity(x, pass).value)
        let cell = (extent / Double(size)) * (extent / Double(size))
        let total = density.reduce(0) { $0 + Double.exp($1) } * cell
        #expect(abs(total - 1) < 2e-3, "integral \(total)")
    }

    @Test("Temperature scales the noise, and the key fixes the sample")
    func sampling() {
        let glow = randomGlow(configurations[1], on: backend)
        let key = RandomKey(seed: 4, purpose: .sample)
        let draw = { (temperature: Double) -> [Double] in
            let pass = Pass.inference(glow.store)
            return backend.doubles(glow.sample(2, key: key, temperature: temperature, pass).x.value)
        }
        #expect(draw(1) == draw(1))
        #expect(draw(1) != draw(0.5))
        let cold = draw(0)
        expectClose(Array(cold.prefix(12)), Array(cold.suffix(12)), absolute: 1e-12)
    }

    @Test("bits/dim: a uniform density on one pixel's 256 values is 8 bits")
    func bitsPerDimension() {
        #expect(Flows.bitsPerDimension(0, dimensions: 3072) == 8)
        expectClose([Flows.bitsPerDimension(12_413.7, dimensions: 3072)], [2.17], absolute: 1e-3)
    }
}
