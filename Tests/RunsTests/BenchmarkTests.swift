import EnergyModels
import Flows
import Foundation
import Networks
import Tensors
import Testing

@testable import Benchmarks
@testable import Costs
@testable import Evaluation
@testable import Methods
@testable import Recipes
@testable import Runs
@testable import Tables
@testable import Training

@Suite struct BenchmarkTests {
    /// Models small enough for a test; everything else as users run it.
    private var small: BenchmarkSettings {
        var settings = BenchmarkSettings()
        (settings.batch, settings.runs, settings.images) = (10, 1, 20)
        (settings.flow.blocks, settings.flow.width) = (1, 8)
        (settings.examples, settings.features) = (40, 60)
        return settings
    }

    @Test(arguments: Coupling.Kind.allCases)
    func flowArithmeticIsThatOfItsParameters(coupling: Coupling.Kind) throws {
        let configuration = GlowConfiguration(
            height: 16, width: 24, channels: 3, levels: 3, blocks: 2, hidden: 10, coupling: coupling)
        let flow = Glow(configuration, backend: try Device.cpu.open(threads: 1), seed: 1)
        // Every matrix of a level multiplies each of its pixels once.
        let expected = flow.store.names.filter { $0.hasSuffix(".w") || $0.hasSuffix(".lower") }.reduce(0) {
            sum, name in
            let level = Int(String(name.dropFirst("level".count).prefix(1))) ?? 0
            let pixels = [8 * 12, 4 * 6, 2 * 3][level]
            return sum + flow.store[name].count * pixels
        }
        #expect(configuration.multiplications == expected)
    }

    @Test func energyArithmeticIsThatOfThePaper() {
        let arithmetic = EnergyConfiguration().multiplications(shape: [32, 32, 3])
        let first = 32 * 32 * 9 * 3 * 64
        // Table 6, left: extents 32, 32, 16, 16, 16, 8, 6, 6, 6, then 128 features to 10 classes.
        let later =
            9 * 64 * 64 * (32 * 32 + 16 * 16) + 9 * 64 * 128 * 16 * 16 + 9 * 128 * 128 * (16 * 16 + 8 * 8)
        let tail = 9 * 128 * 128 * 6 * 6 + 2 * 128 * 128 * 6 * 6 + 128 * 10
        #expect(arithmetic.first == first)
        #expect(arithmetic.total == first + later + tail)
    }

    @Test func stepsCountTheirPasses() {
        let settings = BenchmarkSettings()
        let work = Dictionary(
            uniqueKeysWithValues: BenchmarkStep.allCases.map { ($0, $0.operations(settings)) })
        let pass = work[.mle]! / 3
        #expect(work[.ebm]! - work[.ebmPool]! == 2 * pass, "log q of data, and samples")
        #expect(work[.flow]! > 2 * work[.mle]!, "backward through samples and log q")
        #expect(work[.infer]! * 64 / 500 * 9 > work[.ebmPool]!, "no input gradient of the first layer")
    }

    @Test func recipesCountTheirUpdates() throws {
        func cost(_ phase: Int, _ overrides: String...) throws -> Double {
            let recipe = try Recipe.parse(smallRecipe, overrides: overrides)
            return recipe.operations(of: recipe.phases[phase], extents: recipe.extents)
        }
        let pass = try cost(0) / 40 / 64 / 3
        // A pool's sample is used eight times; base "moving" asks for no log q, "none" for that of the data.
        #expect(try abs(cost(1, "phase.2.pool=0") - cost(1) - 50 * 64 * pass * 7 / 8) < 1)
        #expect(try abs(cost(1, "energy.base=none", "energy.head=plain") - cost(1) - 50 * 64 * pass) < 1)
        #expect(
            try cost(1, "phase.2.labelled-batch=128") * 3 == cost(1, "phase.2.pool=0") * 4 - 4 * 50 * 64
                * pass
                + 3 * 50 * 64 * pass / 8, "labelled, unlabelled and generated images cost the same")
        #expect(try cost(2) > 20 * 6 * 64 * pass, "the flow's gradients through samples and log q")
    }

    @Test(arguments: BenchmarkStep.allCases)
    func stepsMoveTheirModelAlone(step: BenchmarkStep) throws {
        let subject = try BenchmarkSubject(step, small)
        let backend = subject.backend
        func values() -> [[Float]] {
            [subject.state.flow?.store, subject.state.energy?.store].map {
                $0.map { backend.floats($0.values) } ?? []
            }
        }
        let before = values()
        for _ in 0..<3 { try subject.run() }
        let after = values()
        #expect((before[0] != after[0]) == (step == .mle || step == .flow))
        #expect((before[1] != after[1]) == [.ebm, .ebmPool, .vat].contains(step))
        #expect(after.joined().allSatisfy { $0.isFinite })
    }

    @Test func reportsAreOneObjectOfKnownKeys() throws {
        var settings = small
        settings.steps = [.ebmPool, .infer]
        settings.precision = .float32
        settings.threads = 1
        var measured: [BenchmarkStep] = []
        let report = try Benchmark.run(settings, measured: { measured.append($0.step) })
        #expect(measured == settings.steps)
        let object = try JSONSerialization.jsonObject(with: Data(try report.json().utf8))
        let json = try #require(object as? [String: Any])
        let keys = ["ms", "peak_mb", "gflops", "peak_gflops", "of_peak"]
        #expect(Set(json.keys) == Set(keys + ["cpu", "isa", "threads", "precision"]))
        #expect(json["threads"] as? Int == 1)
        #expect(json["precision"] as? String == "float32")
        for key in keys where key != "of_peak" {
            let values = try #require(json[key] as? [String: Double])
            #expect(Set(values.keys) == ["ebm_pool", "infer"])
            #expect(values.values.allSatisfy { $0 > 0 })
        }
    }

    @Test func shareOfPeakIsThatOfThePrecisionOfTheStep() throws {
        // A backend that may reduce: what `auto` means depends on the machine.
        let auto = try Device.cpu.open(threads: 1)
        let plain = try Device.cpu.open(threads: 1, precision: .float32)
        for step in BenchmarkStep.allCases {
            #expect(step.precision(auto) == (step == .probe ? .float32 : auto.reduced))
            #expect(step.precision(plain) == .float32)
        }
        var settings = small
        (settings.steps, settings.precision, settings.threads) = ([.infer, .probe], .float32, 1)
        for measurement in try Benchmark.run(settings).measurements {
            #expect(measurement.precision == .float32)
            #expect(measurement.peakRate > 0)
            #expect(measurement.shareOfPeak == measurement.rate / measurement.peakRate)
        }
    }
}
