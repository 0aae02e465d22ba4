import Gradients
import Tensors

/// What the generator minimises: L_G = mean_j |E_data[h_j(x)] − E_z[h_j(g(z))]|, h being the F features that the
/// discriminator's last layer reads. Salimans et al., *Improved Techniques for Training GANs*, 2016, section 3.1, with
/// the absolute values of its code, openai/improved-gan, in place of squares.
///
/// - Parameters:
///   - data: features of images, real `[N, F]`.
///   - samples: features of generated images, real `[M, F]`.
/// - Returns: the distance, float64 `[1]`.
public func featureMatchingLoss(data: Variable, samples: Variable) -> Variable {
    let difference = data.columnMeans - samples.columnMeans
    return (difference.mapped(.relu) + (-difference).mapped(.relu)).mean()
}

extension Variable {
    /// The mean over the first axis: `[N, F]` → `[F]`.
    fileprivate var columnMeans: Variable { sum(.channels).affine(scale: 1 / Double(shape.first)) }
}
