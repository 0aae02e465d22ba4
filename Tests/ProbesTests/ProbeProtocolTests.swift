import Datasets
import System
import Tensors
import TestSupport
import Testing

@testable import Probes

enum SyntheticSet {
    /// Generated 32×32 images of ten classes.
    static func images(_ count: Int) throws -> any ExampleSet {
        var options = DatasetOptions()
        options.syntheticTrain = count
        options.syntheticTest = 10
        return try DatasetSource.synthetic.load(directory: "", options: options).train
    }
}

@Suite("The probe's protocol") struct ProbeProtocolTests {
    private let backend: any Backend
    private let set: any ExampleSet
    private let train: Features
    private let test: Features

    /// 400 examples, and features that tell their classes with noise.
    init() throws {
        backend = try Device.cpu.open(precision: .float32)
        set = try SyntheticSet.images(400)
        train = Self.features(set.labels, seed: 1, backend)
        test = Self.features((0..<200).map { $0 % 10 }, seed: 2, backend)
    }

    private static func features(_ labels: [Int], seed: UInt64, _ backend: any Backend) -> Features {
        let noise = backend.doubles(
            backend.normal([labels.count, 12], key: RandomKey(seed: seed, purpose: .noise)))
        let values = noise.enumerated().map { index, value in
            3 * value + (index % 12 == labels[index / 12] ? 6 : 0)
        }
        return Features(values: backend.tensor(values, [labels.count, 12], .float32), labels: labels)
    }

    private func probe(_ change: (inout ProbeSettings) -> Void = { _ in }) throws -> LinearProbe {
        var settings = ProbeSettings()
        (settings.draws, settings.holdOut) = (6, 100)
        change(&settings)
        return try LinearProbe(train: train, test: test, of: set, settings, backend: backend)
    }

    @Test("A probe is a function of its seed, and every draw another one")
    func draws() throws {
        var calls = 0
        let score = try probe().score(labels: 50) { calls += 1 }
        #expect(score.labels == 50 && score.errors.count == 6)
        var settings = ProbeSettings()
        settings.draws = 6
        // Ten draws choose C among all of them.
        #expect(calls == 10 * settings.costs.count + 6)
        #expect(calls == LinearProbe.solutionCount(labels: 50, settings))
        #expect(Set(score.errors).count > 1)
        #expect(try probe().score(labels: 50) == score)
        #expect(try probe { $0.seed = 2 }.score(labels: 50).errors != score.errors)
        // More draws go on where fewer end.
        #expect(try probe { $0.draws = 3 }.score(labels: 50).errors == Array(score.errors.prefix(3)))
    }

    @Test("More labels err less, and all labels are one draw")
    func labels() throws {
        let probe = try probe()
        func mean(_ labels: Int) throws -> Double {
            let errors = try probe.score(labels: labels).errors
            return errors.reduce(0, +) / Double(errors.count)
        }
        let (few, many) = (try mean(10), try mean(100))
        #expect(few > many + 0.05)
        var calls = 0
        let all = try probe.score(labels: 0) { calls += 1 }
        #expect(calls == LinearProbe.solutionCount(labels: 0, ProbeSettings()))
        #expect(all.labels == 300 && all.errors.count == 1)
        #expect(many + 0.05 > all.errors[0])
    }

    @Test("The chosen C has the smallest mean error on examples that are in no draw")
    func choice() throws {
        let score = try probe().score(labels: 50)
        // The draws as documented: class-balanced splits of seeds that recipes do not have.
        let draws = try (0..<10).map { number in
            try Split.classBalanced(
                dataset: set, labels: 50, validation: 100, seed: 1 << 60 | 1 << 28 | UInt64(number),
                validationSeed: 1)
        }
        #expect(draws.allSatisfy { Set($0.labelled).isDisjoint(with: $0.validation) })
        let errors = ProbeSettings.costs.map { cost in
            draws.reduce(0.0) { sum, draw in
                let model = LinearSVM(
                    backend.gatherRows(train.values, draw.labelled), labels: set.labels(at: draw.labelled),
                    classes: 10, backend: backend)
                let held = Features(
                    values: backend.gatherRows(train.values, draw.validation),
                    labels: set.labels(at: draw.validation))
                return sum + model.solve(cost: cost).errorRate(held) / 10
            }
        }
        #expect(abs((errors.min() ?? 1) - score.heldOutError) < 1e-3)
        #expect(score.cost == ProbeSettings.costs[errors.firstIndex(of: errors.min() ?? 1) ?? 0])
    }

    @Test("Too many labels are refused, and unlabelled data")
    func refusals() throws {
        #expect(throws: UserError.self) { try probe().score(labels: 390) }
        #expect(throws: UserError.self) { try probe { $0.holdOut = 0 }.score(labels: 50) }
        let unlabelled = Features(values: test.values, labels: test.labels.map { _ in -1 })
        #expect(throws: UserError.self) {
            try LinearProbe(
                train: train, test: unlabelled, of: set, ProbeSettings(), backend: backend)
        }
    }
}
