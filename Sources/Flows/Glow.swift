import Gradients
import Networks
import System
import Tensors

/// Shape of a Glow.
public struct GlowConfiguration: Sendable, Hashable {
    /// Height, width and channels of the data.
    public var height: Int
    public var width: Int
    public var channels: Int
    /// L: after each level but the last, half of the channels leave.
    public var levels: Int
    /// K: flow steps a level.
    public var blocks: Int
    /// Hidden channels of the coupling networks.
    public var hidden: Int
    /// The kind of coupling; with nil, steps are affine maps alone.
    public var coupling: Coupling.Kind?
    /// Whether levels start with a squeeze and couplings look at 3×3 neighbourhoods. It is false for points in the plane.
    public var isSpatial: Bool

    public init(
        height: Int, width: Int, channels: Int, levels: Int, blocks: Int, hidden: Int,
        coupling: Coupling.Kind?, isSpatial: Bool = true
    ) {
        self.height = height
        self.width = width
        self.channels = channels
        self.levels = levels
        self.blocks = blocks
        self.hidden = hidden
        self.coupling = coupling
        self.isSpatial = isSpatial
    }

    /// The flow of the 2-D experiments: affine couplings on points `[N, 1, 1, 2]`. Without any it is one affine map of
    /// normal numbers: a Gaussian of any mean and covariance.
    public static func plane(couplings: Int = 10, hidden: Int = 128) -> GlowConfiguration {
        GlowConfiguration(
            height: 1, width: 1, channels: 2, levels: 1, blocks: max(couplings, 1), hidden: hidden,
            coupling: couplings > 0 ? .affine : nil, isSpatial: false)
    }

    /// Whether the flow is a Gaussian: one affine map.
    public var isGaussian: Bool { coupling == nil && !isSpatial && levels == 1 && blocks == 1 }
}

/// Glow: Kingma & Dhariwal, *Generative Flow with Invertible 1×1 Convolutions*, 2018.
///
/// An exact density q(x) with one sampling pass. Densities are nats of x as given (pixels on [−½, ½)).
public final class Glow: Flow {
    public let configuration: GlowConfiguration
    public let store: ParameterStore
    private let levels: [Level]
    private let topShape: Shape

    private struct Level: Sendable {
        let steps: [FlowStep]
        let split: SplitPrior?
    }

    /// Draws all starting parameters from `seed`; call ``initialize(with:)`` before training.
    public init(_ configuration: GlowConfiguration, backend: any Backend, seed: UInt64) {
        self.configuration = configuration
        var layout = ParameterLayout()
        var (height, width, channels) = (configuration.height, configuration.width, configuration.channels)
        var levels: [Level] = []
        for level in 0..<configuration.levels {
            if configuration.isSpatial { (height, width, channels) = (height / 2, width / 2, channels * 4) }
            let isLast = level == configuration.levels - 1
            let steps = (0..<configuration.blocks).map { block in
                FlowStep(
                    "level\(level).block\(block)", channels: channels, configuration: configuration,
                    rotation: RandomRotation(
                        channels,
                        RandomKey(seed: seed, purpose: .initialization, step: 1 + level, lane: block)))
            }
            steps.forEach { $0.declare(in: &layout) }
            let split = isLast ? nil : SplitPrior("level\(level).split", channels: channels)
            split?.declare(in: &layout)
            levels.append(Level(steps: steps, split: split))
            if !isLast { channels /= 2 }
        }
        layout.declare("prior.mean", [channels], .constant(0))
        layout.declare("prior.logs", [channels], .constant(0))
        self.levels = levels
        topShape = [height, width, channels]
        store = ParameterStore(layout, backend: backend, seed: seed)
    }

    private init(_ other: Glow) {
        configuration = other.configuration
        levels = other.levels
        topShape = other.topShape
        store = other.store.duplicate()
    }

    /// A frozen copy: same structure, its own parameters.
    public func duplicate() -> Glow { Glow(self) }

    /// The parts of the 1×1 convolutions that are drawn from the seed and never trained, by the names of their
    /// parameters: the signs of U's diagonal, and P. Row i of P·A is row `permutation[i]` of A.
    var fixedRotations: [(name: String, signs: [Float], permutation: [Int])] {
        levels.flatMap(\.steps).map { ("\($0.name).rotation", $0.rotation.signs, $0.rotation.permutation) }
    }

    /// The signs and permutations of the 1×1 convolutions: `NAME.rotation.signs` and `NAME.rotation.permutation`.
    public var constants: [(name: String, entry: SafetensorsEntry)] {
        fixedRotations.flatMap { name, signs, permutation in
            [
                ("\(name).signs", SafetensorsEntry(floats: signs, shape: [signs.count])),
                (
                    "\(name).permutation",
                    SafetensorsEntry(int32s: permutation.map(Int32.init), shape: [permutation.count])
                ),
            ]
        }
    }

    /// ``fitGaussian(to:)`` where the flow is a Gaussian.
    public var closedFormFit: ((_ examples: Tensor) throws -> Void)? {
        guard configuration.isGaussian else { return nil }
        return { try self.fitGaussian(to: $0) }
    }

    /// Elements of one datum.
    public var dimensions: Int { configuration.height * configuration.width * configuration.channels }

    /// Data-dependent initialisation of every actnorm from a batch `[N, H, W, C]`.
    public func initialize(with batch: Tensor) {
        let pass = Pass(store, on: Tape(store.backend), mode: .initialize(), trainable: false)
        _ = logDensity(pass.constant(batch), pass)
    }

    /// log q(x) in nats, float64 `[N]`, of `[N, H, W, C]`: Σ log-determinants + log densities of the latents.
    public func logDensity(_ x: Variable, _ pass: Pass) -> Variable {
        pass.sharded(x.shape.first) { logDensityOfRows($0(x), $0.pass) }
    }

    private func logDensityOfRows(_ x: Variable, _ pass: Pass) -> Variable {
        var x = x
        var total = pass.constant(pass.backend.zeros([x.shape.first], .float64))
        for level in levels {
            if configuration.isSpatial { x = x.squeezed() }
            for step in level.steps { x = step.forward(x, &total, pass) }
            if let split = level.split { x = split.forward(x, &total, pass) }
        }
        let prior = topPrior(pass)
        return total + x.gaussianLogDensity(mean: prior.mean, logDeviation: prior.logs)
    }

    /// Latents of `x`: one `[N, H/2ˡ, W/2ˡ, C]` per split, then the last level's. Their joint map is the flow.
    public func latents(_ x: Variable, _ pass: Pass) -> [Variable] {
        var (x, unused, latents) = (
            x, pass.constant(pass.backend.zeros([x.shape.first], .float64)), [Variable]()
        )
        for level in levels {
            if configuration.isSpatial { x = x.squeezed() }
            for step in level.steps { x = step.forward(x, &unused, pass) }
            guard let split = level.split else { break }
            let (kept, z) = x.split(at: split.half)
            latents.append(z)
            x = kept
        }
        return latents + [x]
    }

    /// Samples g(z), z ~ N(0, temperature²), with their log q carried along: x `[N, H, W, C]` and nats `[N]`.
    /// Gradients reach the parameters through both.
    public func sample(_ count: Int, key: RandomKey, temperature: Double, _ pass: Pass) -> (
        x: Variable, logDensity: Variable
    ) {
        let results = pass.sharded([count]) { shard in
            let rows = sampleRows(shard.count, shard.key(key), temperature, shard.pass)
            return [rows.x, rows.logDensity]
        }
        return (results[0], results[1])
    }

    private func sampleRows(_ count: Int, _ key: RandomKey, _ temperature: Double, _ pass: Pass) -> (
        x: Variable, logDensity: Variable
    ) {
        let prior = topPrior(pass)
        let shape = Shape([count] + topShape.dimensions)
        var x = gaussianSample(shape, mean: prior.mean, logs: prior.logs, key, temperature, pass)
        var total = x.gaussianLogDensity(mean: prior.mean, logDeviation: prior.logs)
        for (index, level) in levels.enumerated().reversed() {
            if let split = level.split {
                x = split.inverse(x, &total, key: key.lane(index + 1), temperature: temperature, pass)
            }
            for step in level.steps.reversed() { x = step.inverse(x, &total, pass) }
            if configuration.isSpatial { x = x.unsqueezed() }
        }
        return (x, total)
    }

    /// The learned prior of the last latent, per channel, spread over its positions.
    private func topPrior(_ pass: Pass) -> (mean: Variable, logs: Variable) {
        let zeros = pass.constant(pass.backend.zeros(topShape, pass.backend.real))
        return (
            zeros.combined(.add, pass.parameter("prior.mean"), .channels),
            zeros.combined(.add, pass.parameter("prior.logs"), .channels)
        )
    }
}

/// −log p/(D ln 2) + 8: nats of a density on [−½, ½) as bits per dimension of 8-bit data.
public func bitsPerDimension(_ logDensity: Double, dimensions: Int) -> Double {
    -logDensity / (Double(dimensions) * 0.693147180559945309) + 8
}
