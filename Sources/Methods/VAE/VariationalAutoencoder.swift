import Gradients
import Networks
import Tensors

/// What a variational autoencoder has beside its encoder's layers and its decoder: the last layers of
/// q(z|x) = N(μ(x), diag s(x)²), linear in features, and the scales of p(x|z). Kingma & Welling, *Auto-Encoding Variational
/// Bayes*, ICLR 2014; p(z) = N(0, I).
///
/// Parameters: `mean.{w, b}` and `logDeviation.{w, b}` to `[latent]`, and `logScale` `[C]`.
public final class VariationalAutoencoder: Sendable {
    public let store: ParameterStore
    public let likelihood: ImageLikelihood
    /// Numbers in z.
    public let latent: Int
    private let mean: Dense
    private let logDeviation: Dense

    /// - Parameters:
    ///   - features: numbers the encoder gives for an image.
    ///   - latent: the size of z.
    ///   - channels: of the images.
    ///   - likelihood: p(x|z).
    ///   - backend: where the model computes.
    ///   - seed: of the starting values.
    public init(
        features: Int, latent: Int, channels: Int, likelihood: ImageLikelihood, backend: any Backend,
        seed: UInt64
    ) {
        self.latent = latent
        self.likelihood = likelihood
        mean = Dense(
            "mean", inputs: features, outputs: latent, slope: nil,
            deviation: 1 / Double(features).squareRoot())
        // q(z|x) starts with the prior's deviation whatever the image.
        logDeviation = Dense("logDeviation", inputs: features, outputs: latent, slope: nil, deviation: 0)
        var layout = ParameterLayout()
        mean.declare(in: &layout)
        logDeviation.declare(in: &layout)
        // e⁻² is near the deviation of images over a data set, which is all that a decoder explains at first.
        layout.declare("logScale", [channels], .constant(-2))
        store = ParameterStore(layout, backend: backend, seed: seed)
    }

    /// q(z|x) of features `[N, F]`, real.
    public func posterior(_ features: Variable, _ pass: Pass) -> Posterior {
        Posterior(mean: mean(features, pass), logDeviation: logDeviation(features, pass))
    }

    /// log p(x|z), nats and float64 `[N]`, of images x `[N, H, W, C]` in [−½, ½).
    ///
    /// - Parameters:
    ///   - images: x, real `[N, H, W, C]`.
    ///   - decoded: the decoder's images of z, real `[N, H, W, C]`.
    ///   - pass: of this model's parameters.
    public func logLikelihood(of images: Tensor, decoded: Variable, _ pass: Pass) -> Variable {
        let logScale = pass.parameter("logScale")
        switch likelihood {
        case .gaussian:
            let extents = Shape(Array(images.shape.dimensions.dropFirst()))
            let spread = pass.constant(pass.backend.zeros(extents, pass.backend.real))
                .combined(.add, logScale, .channels)
            return pass.constant(images).gaussianLogDensity(mean: decoded, logDeviation: spread)
        case .logistic:
            return decoded.discretizedLogisticLogDensity(
                of: BinnedImages(images, pass.backend), logScale: logScale, pass.tape)
        }
    }
}

/// A normal distribution of z with independent elements, for each of N images.
public struct Posterior {
    /// μ, real `[N, latent]`.
    public let mean: Variable
    /// log s, real `[N, latent]`.
    public let logDeviation: Variable

    public init(mean: Variable, logDeviation: Variable) {
        self.mean = mean
        self.logDeviation = logDeviation
    }

    /// z = μ + s·ε: Kingma & Welling 2014, section 2.4.
    ///
    /// - Parameter noise: ε, standard normal `[N, latent]`.
    public func draw(_ noise: Variable) -> Variable { mean + exp(logDeviation) * noise }

    /// KL(q(z|x) ‖ N(0, I)) = ½Σ(μ² + s² − 1 − 2 log s), nats and float64 `[N]`: Kingma & Welling 2014, appendix B.
    public var divergence: Variable {
        let squares = mean.mapped(.square) + exp(2 * logDeviation)
        return (squares - 2 * logDeviation - 1).affine(scale: 0.5).sum(.rows)
    }

    /// log p(z) − log q(z|x) of a draw, nats and float64 `[N]`: the weight of z in Burda et al.'s bound, but for p(x|z).
    public func logWeight(of z: Variable, _ pass: Pass) -> Variable {
        let origin = pass.constant(pass.backend.zerosLike(z.value))
        return z.gaussianLogDensity(mean: origin, logDeviation: origin)
            - z.gaussianLogDensity(mean: mean, logDeviation: logDeviation)
    }
}
