import Gradients
import Networks
import Tensors

/// The last layer of a deep directed generative model's energy: f(x) = −E(x) with
/// E(x) = xᵀx/σ² − bᵀx − Σ_i softplus(w_iᵀφ(x) + b_i), experts w_i, b_i over features φ of a network.
/// Kim & Bengio, *Deep Directed Generative Models with Energy-Based Probability Estimation*, 2016.
///
/// σ is 1 for images in [−1, 1], as in musyoku/ddgm, and so ½ in the units x/256 − ½. Parameter: `visible` `[D]`, b. The
/// experts' are those of the last layer, b_i its −δ_i.
struct ProductOfExperts: Sendable {
    /// D.
    let dimensions: Int
    static let deviation = 0.5

    func declare(in layout: inout ParameterLayout) {
        layout.declare("visible", [dimensions], .constant(0))
    }

    /// f, float64 `[N, 1]`, of w_iᵀφ + b_i, float64 `[N, M]`, and images `[N, H, W, C]`.
    func callAsFunction(_ activations: Variable, of x: Variable, _ pass: Pass) -> Variable {
        let count = x.shape.first
        let flat = x.cast(to: pass.backend.real).reshaped([count, dimensions])
        let linear = flat.product(pass.parameter("visible").reshaped([dimensions, 1])).cast(to: .float64)
        let quadratic = flat.mapped(.square).sum(.rows).affine(
            scale: -1 / (Self.deviation * Self.deviation))
        return (softplus(activations).sum(.rows) + quadratic + linear.reshaped([count])).reshaped([count, 1])
    }
}

extension EnergyConfiguration {
    /// The last layer, without its bias. Weight normalisation and the classifiers' batch normalisation have a
    /// weight-normalised one.
    func lastLayer(inputs: Int) -> any LastLayer {
        switch normalization {
        case .weight, .batch, .meanOnly:
            WeightNormDense("head", inputs: inputs, outputs: units, initialDeviation: initialDeviation)
        case .none, .batchAfterFirst, .spectral:
            PlainDense("head", inputs: inputs, outputs: units, isSpectral: normalization == .spectral)
        }
    }
}
