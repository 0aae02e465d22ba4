import Gradients
import Methods
import RealModule
import Tensors
import TestSupport
import Testing

@Suite("Langevin chains") struct LangevinTests {
    private let backend = ReferenceBackend()

    /// The noise that the golden file was made with.
    private func key(_ step: Int) -> RandomKey { RandomKey(seed: 5, purpose: .sample, step: step) }

    @Test("Noise of a key is NumPy's Philox and Box-Muller")
    func noise() throws {
        let golden = try Golden("chains")
        let noise = backend.normal([7], key: RandomKey(seed: 5, purpose: .sample, step: 3, lane: 2))
        expectClose(backend.doubles(noise), golden.values("noise"), absolute: 1e-12)
    }

    /// −½·xᵀAx + bᵀx with A = RRᵀ + ½.
    private func quadratic(_ golden: Golden) -> Langevin.Function {
        let (root, b) = (golden.tensor("A.root", on: backend), golden.tensor("b", on: backend))
        return { x, tape in
            let squares = x.product(tape.constant(root)).mapped(.square).sum(.rows)
            let quadratic = squares + 0.5 * x.mapped(.square).sum(.rows)
            let linear = (x.combined(.multiply, tape.constant(b), .channels)).sum(.rows)
            return linear - 0.5 * quadratic
        }
    }

    @Test("Chains on a quadratic end where NumPy's do, warm, cold and clipped")
    func quadraticChains() throws {
        let golden = try Golden("chains")
        let start = golden.tensor("x", on: backend)
        let f = quadratic(golden)
        func walk(_ change: (inout Langevin) -> Void = { _ in }) -> Langevin.Walk {
            var langevin = Langevin(steps: 5, stepSize: 0.3)
            change(&langevin)
            return langevin(from: start, on: backend, key: key, f)
        }
        let warm = walk()
        expectClose(backend.doubles(warm.end), golden.values("quadratic.end"), relative: 1e-12, "warm")
        expectClose(
            [warm.startValue, warm.gradientNorm.first, warm.gradientNorm.last, warm.displacement],
            ["start", "first", "last", "way"].map { golden.scalar("quadratic.\($0)") }, relative: 1e-12)
        let cold = walk { $0.noise = 0.5 }
        expectClose(backend.doubles(cold.end), golden.values("quadratic.cold"), relative: 1e-12, "cold")
        let clipped = walk { ($0.noise, $0.gradientLimit, $0.staysInRange) = (0, 0.4, true) }
        expectClose(
            backend.doubles(clipped.end), golden.values("quadratic.clipped"), relative: 1e-12, "clipped")
    }

    /// On f = −x²/(2s²) a step is x(1 − δ²/(2s²)) + τδε, so the variance settles at τ²s²/(1 − δ²/(4s²)).
    @Test(
        "Chains settle at the variance that the discrete dynamics have", arguments: [(1.0, 0.8), (0.6, 0.5)])
    func stationaryVariance(noise: Double, stepSize: Double) throws {
        let backend = try Device.cpu.open(threads: 2, precision: .float32)
        let deviation = 0.7
        let langevin = Langevin(steps: 60, stepSize: stepSize, noise: noise)
        let walk = langevin(
            from: backend.zeros([200, 100], backend.real), on: backend,
            key: { RandomKey(seed: 9, purpose: .noise, step: $0) }
        ) { x, _ in x.mapped(.square).sum(.rows).affine(scale: -0.5 / (deviation * deviation)) }
        let values = backend.doubles(walk.end)
        let mean = values.reduce(0, +) / 20_000
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
        let square = deviation * deviation
        let expected = noise * noise * square / (1 - stepSize * stepSize / (4 * square))
        // The standard error of a variance of 20,000 numbers is 1 % of it; the discretisation's share is above 14 %.
        expectClose([variance], [expected], relative: 0.04)
        expectClose([mean], [0], absolute: 0.04)
    }
}

@Suite("Persistent chains") struct PersistentChainsTests {
    private let backend = ReferenceBackend()
    private func key(_ step: Int) -> RandomKey { RandomKey(seed: 3, purpose: .sample, step: step) }

    @Test("An update's chains are distinct, and stay where they are put")
    func putting() {
        let chains = PersistentChains([9, 2, 1, 1], backend: backend, key: key(0))
        let before = backend.doubles(chains.images)
        #expect(before.allSatisfy { (-0.5..<0.5).contains($0) } && Set(before).count > 9)
        let drawn = chains.draw(5, restart: 0, choice: key(1), noise: key(2))
        #expect(Set(drawn.indices).count == 5 && drawn.images.shape == [5, 2, 1, 1])
        let values = backend.doubles(drawn.images)
        for (row, index) in drawn.indices.enumerated() {
            #expect(Array(values[2 * row..<2 * row + 2]) == Array(before[2 * index..<2 * index + 2]))
        }
        chains.put(backend.affine(drawn.images, scale: 1, shift: 10), at: drawn.indices)
        let after = backend.doubles(chains.images)
        for index in 0..<9 {
            let moved = drawn.indices.contains(index) ? 10.0 : 0
            expectClose(
                Array(after[2 * index..<2 * index + 2]), before[2 * index..<2 * index + 2].map { $0 + moved },
                absolute: 1e-12)
        }
    }

    @Test("As many chains start again as the probability says", arguments: [0.0, 0.25, 1.0])
    func restarts(probability: Double) {
        let chains = PersistentChains([400, 1, 1, 1], backend: backend, key: key(0))
        backend.fill(chains.images, with: 7)
        let drawn = chains.draw(400, restart: probability, choice: key(1), noise: key(2))
        let fresh = backend.doubles(drawn.images).count { $0 != 7 }
        #expect(
            abs(Double(fresh) - 400 * probability) <= 4 * (400 * probability * (1 - probability)).squareRoot()
        )
    }
}
