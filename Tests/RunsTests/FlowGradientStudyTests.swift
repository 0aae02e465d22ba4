import Datasets
import Foundation
import System
import Tensors
import TestSupport
import Testing

@testable import Evaluation
@testable import Methods
@testable import Recipes
@testable import Runs
@testable import Training

/// A flow in the plane, little trained, and an energy that says nothing: d is 0, and σ(d) is ½ everywhere.
private let silent = """
    method = "fce"
    precision = "float32"
    [data]
    source = "plane"
    density = "eight-gaussians"
    train = 4000
    test = 40
    [flow]
    kind = "plane"
    couplings = 2
    width = 8
    [energy]
    network = "mlp"
    base = "moving"
    classes = 1
    width = 0.125
    initial-deviation = 1e-9
    [[phase]]
    kind = "flow-mle"
    steps = 20
    batch = 64
    optimizer = { kind = "adam", rate = 1e-3 }
    [[phase]]
    kind = "energy"
    steps = 1
    batch = 8
    optimizer = { kind = "adam", rate = 1e-12 }
    [[phase]]
    kind = "joint"
    steps = 1
    batch = 128

    """

@Suite struct FlowGradientStudyTests {
    /// By hand: (1, 0) and (3, 0) have the mean (2, 0); their product is 3, and one batch deviates by √2 in the sample.
    @Test func momentsOfTwoBatchesAreThoseByHand() {
        let moments = GradientMoments([[1, 0], [3, 0]])
        #expect(moments.squaredNorm == 3 && abs(moments.noise - 2.squareRoot()) < 1e-12)
        let products = GradientProducts([[1, 0], [3, 0]], [[0, 1], [0, 1]])
        #expect(products.mean == 0 && products.covariance == 0)
    }

    /// The square of the batches' own mean would be off by noise² / B = 100.
    @Test func theMeansNormHasNoBiasByNoise() {
        let (dimensions, batches) = (400, 4)
        let draws = (0..<200).map { repetition in
            let noise = normalValues(dimensions * batches, seed: UInt64(repetition + 1))
            let gradients = (0..<batches).map { batch in
                (0..<dimensions).map { Float($0 == 0 ? 2 : 0) + Float(noise[batch * dimensions + $0]) }
            }
            return GradientMoments(gradients)
        }
        let squares = draws.map(\.squaredNorm)
        let average = mean(squares)
        let deviation = mean(squares.map { ($0 - average) * ($0 - average) }).squareRoot()
        // One estimate has a standard deviation of about 9; 200 of them 0.6.
        #expect(abs(average - 4) < 2)
        #expect(abs(mean(draws.map(\.noise)) - 20) < 0.2)
        // Where noise drowns the mean the jackknife is too large by up to √2.
        let error = mean(draws.map(\.standardError))
        #expect((0.9 * deviation...1.6 * deviation).contains(error), "\(error) for \(deviation)")
    }

    /// Where d is 0 what is left out is −½ E_data[∂log q] + ½ E_q[∂log q]. The second mean is 0, as that of every score, and
    /// the first is half of the likelihood's gradient.
    @Test func withoutAnEnergyHalfOfTheLikelihoodIsLeftOut() throws {
        let recipe = try Recipe.parse(silent, file: "silent.toml")
        let data = try ExperimentData(recipe)
        let state = TrainingState(
            recipe, extents: data.extents, images: data.train.count, backend: ReferenceBackend())
        let observer = Stopper()
        do { try Trainer(recipe, data, state, observer: observer).run() } catch is Interrupted {}
        let before = state.step
        let study = try state.flowGradients(batches: 40, recipe, data)
        #expect(state.step == before && study.batches == 40 && study.batch == 128)
        #expect(abs(study.leftOut.norm / study.likelihood.norm - 0.5) < 0.05, "\(study)")
        #expect(try #require(study.cosine) > 0.98, "\(study)")
        #expect(study.throughSamples.norm < 1e-6, "an energy that says nothing has no gradient")
    }

    @Test func aRecipeWithoutAJointPhaseIsRefused() throws {
        let recipe = try Recipe.parse(smallRecipe)
        var plain = recipe
        plain.phases.removeLast()
        let data = try ExperimentData(try Recipe.parse(silent))
        let state = TrainingState(
            try Recipe.parse(silent), extents: data.extents, images: 4, backend: ReferenceBackend())
        #expect(throws: UserError.self) { try state.flowGradients(batches: 2, plain, data) }
    }

    private final class Stopper: SilentObserver {
        override var isInterrupted: Bool { stops }
        var stops = false
        override func finished(_ state: TrainingState) { stops = state.phase == 1 }
    }
}
