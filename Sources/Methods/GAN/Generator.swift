import Gradients
import Networks
import Tensors

/// Shape of a ``Generator``.
public struct GeneratorConfiguration: Sendable, Hashable {
    /// Height, width and channels of the images; extents are multiples of ``GeneratorConfiguration/scale``.
    public var height: Int
    public var width: Int
    public var channels: Int
    /// Uniform numbers an image is made of.
    public var latent: Int
    /// Factor on the channels 512, 256 and 128 of the hidden layers.
    public var factor: Double
    /// Whether batch normalisation has a γ, which an entropy can be read from.
    public var hasGain: Bool

    /// The images are this many times as high and wide as the first grid.
    public static let scale = 8

    public init(
        height: Int, width: Int, channels: Int, latent: Int = 100, factor: Double = 1,
        hasGain: Bool = false
    ) {
        self.height = height
        self.width = width
        self.channels = channels
        self.latent = latent
        self.factor = factor
        self.hasGain = hasGain
    }

    package var grid: (height: Int, width: Int) { (height / Self.scale, width / Self.scale) }
    /// Multiplications in the products of one pass of one image.
    public var multiplications: Int {
        let (pixels, widths) = (grid.height * grid.width, widths)
        let layers = zip(widths, widths.dropFirst() + [channels]).enumerated()
        return latent * pixels * widths[0]
            + layers.reduce(0) { $0 + pixels * (1 << (2 * $1.offset)) * 25 * $1.element.0 * $1.element.1 }
    }

    package var widths: [Int] { [512, 256, 128].map { max(1, Int((Double($0) * factor).rounded())) } }
}

/// The generator of all GANs, that of the one with feature matching: a dense layer to a grid of 512 channels, transposed convolutions to
/// 256 and 128, each with batch normalisation and ReLU, and a weight-normalised one to an image.
/// Salimans et al., *Improved Techniques for Training GANs*, 2016; openai/improved-gan, `train_svhn_feature_matching.py`.
///
/// Images are ½·tanh: those of the paper in [−1, 1] in the units x/256 − ½. Batch normalisation has no γ there; other
/// GANs have one.
public final class Generator: Sendable {
    public let configuration: GeneratorConfiguration
    public let store: ParameterStore
    private let norms: [BatchNorm]
    private let hidden: [TransposedConvolution]
    private let last: WeightNormTransposedConvolution

    /// Draws all starting parameters from `seed`; call ``initialize(count:key:)`` before training.
    public init(_ configuration: GeneratorConfiguration, backend: any Backend, seed: UInt64) {
        let (grid, widths) = (configuration.grid, configuration.widths)
        precondition(
            grid.height * GeneratorConfiguration.scale == configuration.height
                && grid.width * GeneratorConfiguration.scale == configuration.width,
            "no images of \(configuration.height)x\(configuration.width)")
        self.configuration = configuration
        let units = grid.height * grid.width * widths[0]
        norms = [("dense", units), ("deconv1", widths[1]), ("deconv2", widths[2])].map {
            BatchNorm(
                "\($0).norm", channels: $1, momentum: 0.9, epsilon: 1e-6, hasGain: configuration.hasGain)
        }
        hidden = (1...2).map {
            TransposedConvolution(name: "deconv\($0)", inputs: widths[$0 - 1], outputs: widths[$0])
        }
        last = WeightNormTransposedConvolution(
            name: "deconv3", inputs: widths[2], outputs: configuration.channels, initialDeviation: 0.1)
        var layout = ParameterLayout()
        layout.declare("dense.w", [configuration.latent, units], .normal(deviation: 0.05))
        norms.forEach { $0.declare(in: &layout) }
        hidden.forEach { $0.declare(in: &layout) }
        last.declare(in: &layout)
        store = ParameterStore(layout, backend: backend, seed: seed)
    }

    /// z, uniform on [0, 1), `[count, latent]`.
    public func latents(_ count: Int, key: RandomKey) -> Tensor {
        store.backend.uniform([count, configuration.latent], from: 0, to: 1, key: key)
    }

    /// g(z): `[N, latent]` → `[N, H, W, C]` in (−½, ½), real.
    ///
    /// A training pass normalises by the batch; an evaluating one by running averages, so that an image depends on its
    /// own z alone.
    public func callAsFunction(_ z: Variable, _ pass: Pass) -> Variable {
        pass.sharded(z.shape.first) { images($0(z), $0.pass) }
    }

    private func images(_ z: Variable, _ pass: Pass) -> Variable {
        let grid = configuration.grid
        func normalized(_ h: Variable, _ norm: BatchNorm) -> Variable {
            norm(h, pass).mapped(.relu)
        }
        var h = normalized(z.product(pass.parameter("dense.w")), norms[0])
            .reshaped([z.shape.first, grid.height, grid.width, configuration.widths[0]])
        for (layer, norm) in zip(hidden, norms.dropFirst()) { h = normalized(layer(h, pass), norm) }
        return 0.5 * last(h, pass).mapped(.tanh)
    }

    /// γ of every batch normalisation, the dense layer's first; none without gains.
    public func gains(_ pass: Pass) -> [Variable] {
        configuration.hasGain ? norms.map { pass.parameter("\($0.name).gamma") } : []
    }

    /// Data-dependent initialisation of the last layer from `count` draws: its results before tanh start with mean 0
    /// and deviation 0.1 per channel.
    public func initialize(count: Int, key: RandomKey) { initialize(with: latents(count, key: key)) }

    /// The same from given z, `[N, latent]`.
    public func initialize(with z: Tensor) {
        let pass = Pass(store, on: Tape(store.backend), mode: .initialize(), trainable: false)
        _ = self(pass.constant(z), pass)
    }
}
