import Gradients
import Networks
import Tensors

/// What happens to images `[N, H, W, C]` before the first layer: standardisation always, translation and noise in
/// training, drawn from the pass's key like dropout, so that equal keys mean equal draws.
struct InputStages: Sendable {
    private let standardizes: Bool
    private let translation: Int
    private let noise: Double
    /// Lanes of the pass's key after those of dropout.
    private enum Lane { static let (translation, noise) = (3, 4) }

    init(_ configuration: EnergyConfiguration) {
        standardizes = configuration.standardizesInput
        translation = configuration.translation
        noise = configuration.inputNoise
    }

    func callAsFunction(_ x: Variable, _ pass: Pass, _ trace: Linearization?) -> Variable {
        var x = standardizes ? standardized(x, trace) : x
        guard let key = pass.mode.dropout else { return x }
        let backend = pass.backend
        if translation > 0 {
            let shifts = backend.translations(
                x.shape.first, limit: translation, key: key.lane(Lane.translation))
            trace?.append(.translation(shifts))
            x = x.translated(by: shifts)
        }
        if noise > 0 {
            let normal = backend.normal(x.shape, key: key.lane(Lane.noise))
            x = x + pass.constant(backend.affine(normal, scale: noise, shift: 0))
        }
        return x
    }
}

extension InputStages {
    /// Every image to mean 0 and variance 1; one of a single colour to 0.
    private func standardized(_ x: Variable, _ trace: Linearization?) -> Variable {
        let share = 1 / Double(x.shape.rowCount)
        let centred = x.combined(.subtract, x.sum(.rows).affine(scale: share), .rows)
        let variance = centred.mapped(.square).sum(.rows).affine(scale: share, shift: 1e-8)
        let inverse = variance.mapped(.inverseSquareRoot)
        let y = centred.combined(.multiply, inverse, .rows)
        trace?.append(.standardization(output: y.value, inverse: inverse.value))
        return y
    }
}

extension Variable {
    /// max(x, slope·x), computed in `real`.
    func leakyRectified(slope: Double, in real: ScalarType) -> Variable {
        let x = cast(to: real)
        return (x.mapped(.relu).affine(scale: 1 - slope) + x.affine(scale: slope)).cast(to: type)
    }
}
