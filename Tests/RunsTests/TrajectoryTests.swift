import Datasets
import Scores
import Tensors
import TestSupport
import Testing

@testable import Benchmarks
@testable import Costs
@testable import Evaluation
@testable import Methods
@testable import Recipes
@testable import Runs
@testable import Tables
@testable import Training

/// The whole of training in miniature: all phases, VAT, both models, on generated images.
private let recipe =
    RecipePart.images("fce-vat") + RecipePart.glow + RecipePart.classifier("base = \"none\"")
    + "[vat]\nweight = 0.5\ndirection = \"difference\"\n"
    + RecipePart.phase(
        "flow-mle", steps: 4, "optimizer = { kind = \"adamax\", rate = 1e-2, warmup = 2, clip = 1.0 }")
    + RecipePart.phase(
        "energy", steps: 4, labels: 4,
        "pool = 32\ndraws = 1\noptimizer = { kind = \"adam\", rate = 1e-3 }")
    + RecipePart.phase(
        "joint", steps: 3, labels: 4,
        "optimizer = { kind = \"adam\", rate = 1e-3 }\n\(RecipePart.alternating)")

/// Keeps what every update measured.
private final class LossRecorder: SilentObserver {
    var losses: [(name: String, value: Double)] = []

    override func updated(_ state: TrainingState, _ update: Update) {
        for metric in [Metric.bpd, .labelLoss, .value, .vat] {
            if let value = update.measures[metric] { losses.append((metric.key, value)) }
        }
    }
}

@Suite("Trajectory") struct TrajectoryTests {
    private func losses(_ backend: any Backend) throws -> [(name: String, value: Double)] {
        let recipe = try Recipe.parse(recipe, file: "trajectory.toml")
        let data = try ExperimentData(recipe)
        let state = TrainingState(
            recipe, extents: data.extents, images: data.train.count, backend: backend)
        let recorder = LossRecorder()
        try Trainer(recipe, data, state, observer: recorder).run()
        return recorder.losses
    }

    /// Fourteen updates on the naive float64 backend; made by this test, and checked against PyTorch piece by piece in
    /// the golden tests. A change here means that training changed: say so in the changelog.
    private static let stored: [Double] = [
        6.55915045126, 6.96700456456, 6.67087576891, 6.38492616377, 1.35076912688, -179.159550235,
        13.7392471394, 1.73719909671, -82.0334176051, 9.23006155063, 1.1608050399, -151.632482887,
        13.2665597435, 0.877721972207, -100.110771801, 6.80684381488, 1.53048303348, -74.8285834442,
        16.6299413447, -83.3113661871, 1.85774019994, -68.8454541409, 6.99657389495, -65.9906468699,
        1.88804831352, -88.2928940448, 10.2558761748,
    ]

    @Test("The product follows the naive backend through every phase, and both the stored trajectory")
    func productFollowsReference() throws {
        let reference = try losses(ReferenceBackend())
        let product = try losses(Device.cpu.open(threads: 2, precision: .float32))
        #expect(reference.map(\.name) == product.map(\.name))
        expectClose(product.map(\.value), reference.map(\.value), relative: 1e-4, "product")
        expectClose(reference.map(\.value), Self.stored, relative: 1e-7, "stored")
    }
}
