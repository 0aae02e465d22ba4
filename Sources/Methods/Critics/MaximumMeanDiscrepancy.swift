import Gradients
import Tensors

/// MMD-GAN with the repulsive loss, for a critic of several outputs and the kernel k(a, b) = exp(−‖f(a) − f(b)‖²/(2σ²)):
/// the critic minimises E[k(x, x')] − E[k(y, y')] over pairs of different images and of different generated images, the
/// generator MMD² = E[k(x, x')] + E[k(y, y')] − 2·E[k(x, y)].
/// Wang et al., *Improving MMD-GAN Training with Repulsive Loss Function*, 2019; Gretton et al., 2012, for MMD² without
/// bias.
public struct MaximumMeanDiscrepancy: AdversarialObjective {
    /// σ.
    public let deviation: Double

    public init(deviation: Double = 1) { self.deviation = deviation }

    public var comparesWithData: Bool { true }

    public func criticLoss(data: Variable, samples: Variable) -> Variable {
        meanAmong(data) - meanAmong(samples)
    }

    public func generatorLoss(data: Variable?, samples: Variable) -> Variable {
        guard let data else { preconditionFailure("MMD compares with data") }
        return meanAmong(data) + meanAmong(samples) - 2 * kernel(data, samples).mean()
    }

    /// The mean of k over pairs of two different rows of `[N, K]`.
    private func meanAmong(_ f: Variable) -> Variable {
        let count = Double(f.shape.first)
        precondition(count > 1, "one image has no pair")
        // Every k(a, a) is 1.
        return kernel(f, f).sum(.all).affine(scale: 1 / (count * (count - 1)), shift: -1 / (count - 1))
    }

    /// k of all pairs of rows, float64 `[N, M]`.
    private func kernel(_ a: Variable, _ b: Variable) -> Variable {
        let squares = (-2 * a.product(b, transposeOther: true))
            .combined(.add, a.mapped(.square).sum(.rows), .rows)
            .combined(.add, b.mapped(.square).sum(.rows), .channels)
        return exp(squares.affine(scale: -1 / (2 * deviation * deviation)))
    }
}
