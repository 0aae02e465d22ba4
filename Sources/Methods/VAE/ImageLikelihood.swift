import Gradients
import Tensors

/// p(x|z) of a variational autoencoder given its decoder's images, as a density of x in the units v/256 − ½ + U[0, 1/256),
/// so that all of them, and flows, are measured in the same bits per dimension.
public enum ImageLikelihood: String, Sendable, CaseIterable, Codable {
    /// N(x; μ, s²) at each pixel and channel.
    case gaussian
    /// The mass of the bin of 1/256 in which x lies under a logistic distribution of mean μ and scale s, the outermost bins
    /// reaching to infinity, over the bin's width: Salimans et al., *PixelCNN++*, ICLR 2017, eq. 2, with one component.
    case logistic
}

/// Images together with the bins of 1/256 that their values lie in.
public struct BinnedImages {
    /// The centres of the bins, `[N, H, W, C]`.
    package let centres: Tensor
    /// 0 in the lowest bin, else 1; 0 in the highest, else 1.
    package let (isAboveLowest, isBelowHighest): (Tensor, Tensor)

    package static let bins = 256.0

    /// - Parameters:
    ///   - images: real `[N, H, W, C]` in [−½, ½).
    ///   - backend: where the images lie.
    public init(_ images: Tensor, _ backend: any Backend) {
        let shifted = backend.affine(backend.cast(images, to: .float64), scale: 1, shift: 0.5)
        let levels = backend.map(.floor, backend.affine(shifted, scale: Self.bins, shift: 0))
        // Bins counted from the highest and from the lowest: whole numbers, whose sums and differences are exact.
        let fromHighest = backend.map(.relu, backend.affine(levels, scale: -1, shift: Self.bins - 1))
        let level = backend.map(.relu, backend.affine(fromHighest, scale: -1, shift: Self.bins - 1))
        let centre = backend.affine(level, scale: 1 / Self.bins, shift: 0.5 / Self.bins - 0.5)
        centres = backend.cast(centre, to: backend.real)
        isAboveLowest = backend.cast(backend.heaviside(level), to: backend.real)
        isBelowHighest = backend.cast(backend.heaviside(fromHighest), to: backend.real)
    }
}

extension Variable {
    /// log p(x) under logistic distributions discretised to bins of 1/256, `self` being their means: nats, float64 `[N]`.
    ///
    /// With a and b the bin's upper and lower edge, in scales from the mean, the mass is
    /// σ(a) − σ(b) = σ(a)·σ(−b)·(1 − e^(b−a)), each factor of which has a logarithm without cancellation.
    ///
    /// - Parameters:
    ///   - images: x `[N, H, W, C]`.
    ///   - logScale: log s, `[C]`.
    ///   - tape: the one that the means are on.
    public func discretizedLogisticLogDensity(of images: BinnedImages, logScale: Variable, _ tape: Tape)
        -> Variable
    {
        let (above, below) = (tape.constant(images.isAboveLowest), tape.constant(images.isBelowHighest))
        let half = 0.5 / BinnedImages.bins
        let inverse = exp(-logScale)
        let distance = tape.constant(images.centres) - self
        let upper = (distance + half).combined(.multiply, inverse, .channels)
        let lower = (distance - half).combined(.multiply, inverse, .channels)
        let width = log(exp(inverse.affine(scale: -2 * half)).affine(scale: -1, shift: 1))
        // The mass of a bin that reaches to infinity is one factor alone.
        let both = (above * below).combined(.multiply, width, .channels)
        let mass = both - below * softplus(-upper) - above * softplus(lower)
        return mass.sum(.rows).affine(shift: Double(shape.rowCount) * BinnedImages.logBins)
    }
}

extension BinnedImages {
    /// log 256: from a mass to a density, in nats a dimension.
    package static let logBins = 5.545177444479562
}
