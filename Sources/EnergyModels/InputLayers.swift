import Gradients
import Networks
import Tensors

// What happens to images `[N, H, W, C]` before the first layer: standardisation always, translation and noise in
// training, drawn from the pass's key like dropout, so that equal keys mean equal draws.

/// Brings every image to mean 0 and variance 1; one of a single colour to 0.
struct Standardization: Layer {
    func callAsFunction(_ x: Variable, _ pass: Pass) -> Variable { standardized(x).y }

    var hasTangent: Bool { true }

    func linearized(_ x: Variable, _ pass: Pass) -> (y: Variable, tangent: Tangent) {
        let (y, inverse) = standardized(x)
        let (output, factors, backend) = (y.value, inverse.value, pass.backend)
        return (
            y,
            { d, _ in
                let rows = 0..<d.shape.first
                let map = { backend.standardizationTangent($0, output.rows(rows), factors.rows(rows)) }
                return d.applying(map, adjoint: map)
            }
        )
    }

    /// y and 1/σ of y = (x − μ)/σ.
    private func standardized(_ x: Variable) -> (y: Variable, inverse: Variable) {
        let share = 1 / Double(x.shape.rowCount)
        let centred = x.combined(.subtract, x.sum(.rows).affine(scale: share), .rows)
        let variance = centred.mapped(.square).sum(.rows).affine(scale: share, shift: 1e-8)
        let inverse = variance.mapped(.inverseSquareRoot)
        return (centred.combined(.multiply, inverse, .rows), inverse)
    }
}

/// Moves every image by a random whole number of pixels each way, zeros coming in at the borders.
struct RandomTranslation: Layer {
    /// Largest shift.
    let limit: Int
    /// The lane of the pass's key, after those of dropout.
    static let lane = 3

    func callAsFunction(_ x: Variable, _ pass: Pass) -> Variable { linearized(x, pass).y }

    var hasTangent: Bool { true }

    func linearized(_ x: Variable, _ pass: Pass) -> (y: Variable, tangent: Tangent) {
        guard let key = pass.mode.dropout else { return (x, { d, _ in d }) }
        let shifts = pass.backend.translations(x.shape.first, limit: limit, key: key.lane(Self.lane))
        return (
            x.translated(by: shifts), { d, _ in d.translated(by: Array(shifts.prefix(d.shape.first))) }
        )
    }
}

/// Adds Gaussian noise.
struct InputNoise: Layer {
    let deviation: Double
    /// The lane of the pass's key, after those of dropout.
    static let lane = 4

    func callAsFunction(_ x: Variable, _ pass: Pass) -> Variable {
        guard let key = pass.mode.dropout else { return x }
        let normal = pass.backend.normal(x.shape, key: key.lane(Self.lane))
        return x + pass.constant(pass.backend.affine(normal, scale: deviation, shift: 0))
    }

    var hasTangent: Bool { true }

    func linearized(_ x: Variable, _ pass: Pass) -> (y: Variable, tangent: Tangent) {
        (self(x, pass), { d, _ in d })
    }
}

extension EnergyConfiguration {
    /// What images go through before the first layer of the network.
    var inputLayers: Sequential {
        var layers: [any Layer] = []
        if standardizesInput { layers.append(Standardization()) }
        if translation > 0 { layers.append(RandomTranslation(limit: translation)) }
        if inputNoise > 0 { layers.append(InputNoise(deviation: inputNoise)) }
        return Sequential(layers)
    }
}

extension Backend {
    /// (t − mean t − y·mean(y·t))/σ for every image, a symmetric map.
    fileprivate func standardizationTangent(_ t: Tensor, _ y: Tensor, _ inverse: Tensor) -> Tensor {
        func mean(_ x: Tensor) -> Tensor {
            affine(sum(x, .rows), scale: 1 / Double(t.shape.rowCount), shift: 0)
        }
        let projection = mean(combine(.multiply, y, t, .elementwise))
        let centred = combine(.subtract, t, mean(t), .rows)
        let rest = combine(.subtract, centred, combine(.multiply, y, projection, .rows), .elementwise)
        return combine(.multiply, rest, inverse, .rows)
    }
}
