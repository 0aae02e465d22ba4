import Networks
import Tensors

/// The derivative J of the logits for the images at one evaluated point, as a linear map: `forward` is J·d, `adjoint`
/// is Jᵀ·u, both with the dropout masks, activation signs and pooling winners of that evaluation.
///
/// J is exact: layers are linear between kinks, and standardisation has its own derivative. It costs one forward and one backward pass without weight
/// gradients; VAT's power iteration needs nothing else.
public final class Linearization {
    enum Piece {
        /// y and 1/σ of y = (x − μ)/σ.
        case standardization(output: Tensor, inverse: Tensor)
        case translation([Translation])
        /// The conversion from the type of images to that of activations.
        case cast
        case dropout(rate: Double, key: RandomKey)
        case convolution(WeightNormConvolution, input: Shape, output: Tensor)
        case maxPool(input: Tensor)
        case globalMaxPool(input: Tensor)
        case globalMeanPool(input: Shape)
        case flatten(input: Shape)
        case dense(weights: Tensor)
    }

    private var pieces: [Piece] = []
    private let store: ParameterStore
    private let activations: ScalarType
    /// Number of entries of the evaluated batch, from the first on, that are kept.
    private let count: Int

    init(_ store: ParameterStore, activations: ScalarType, count: Int) {
        self.store = store
        self.activations = activations
        self.count = count
    }

    private var backend: any Backend { store.backend }

    func append(_ piece: Piece) { pieces.append(piece) }

    /// J·d: `[B, H, W, C]` → float64 `[B, K]`.
    public func forward(_ d: Tensor) -> Tensor {
        var t = backend.cast(d, to: backend.real)
        for piece in pieces { t = forward(piece, t) }
        return backend.cast(t, to: .float64)
    }

    /// Jᵀ·u: `[B, K]` → `[B, H, W, C]`, real.
    public func adjoint(_ u: Tensor) -> Tensor {
        var t = backend.cast(u, to: backend.real)
        for piece in pieces.reversed() { t = adjoint(piece, t) }
        return backend.cast(t, to: backend.real)
    }

    private func forward(_ piece: Piece, _ t: Tensor) -> Tensor {
        switch piece {
        case .standardization(let y, let inverse): return standardizationTangent(t, y, inverse)
        case .translation(let shifts): return backend.translate(t, by: Array(shifts.prefix(count)))
        case .cast: return backend.cast(t, to: activations)
        case .dropout(let rate, let key): return backend.dropout(t, rate: rate, key: key)
        case .convolution(let layer, _, let y):
            let z = backend.convolution(
                t, weights(layer), bias: nil, layer.geometry, slope: nil, output: t.type)
            return backend.activationGradient(z, y.rows(0..<count), slope: layer.slope, wantsBias: false).dz
        case .maxPool(let x): return pooledTangent(t, backend.maxPool(x.rows(0..<count)).winners)
        case .globalMaxPool(let x): return globalTangent(t, backend.globalMaxPool(x.rows(0..<count)).winners)
        case .globalMeanPool: return backend.globalMeanPool(t)
        case .flatten: return t.reshaped([count, t.shape.rowCount])
        case .dense(let weights):
            return backend.matrixProduct(
                backend.cast(t, to: backend.real), weights, transposeA: false, transposeB: false)
        }
    }

    private func adjoint(_ piece: Piece, _ t: Tensor) -> Tensor {
        switch piece {
        case .standardization(let y, let inverse): return standardizationTangent(t, y, inverse)
        case .translation(let shifts):
            return backend.translate(t, by: shifts.prefix(count).map(\.reversed))
        case .cast: return backend.cast(t, to: backend.real)
        case .dropout(let rate, let key): return backend.dropout(t, rate: rate, key: key)
        case .convolution(let layer, let input, let y):
            let dz = backend.activationGradient(t, y.rows(0..<count), slope: layer.slope, wantsBias: false).dz
            return backend.convolutionInputGradient(
                dz, weights(layer), layer.geometry, shape: input.replacingFirst(with: count))
        case .maxPool(let x):
            let first = x.rows(0..<count)
            return backend.maxPoolGradient(t, winners: backend.maxPool(first).winners, shape: first.shape)
        case .globalMaxPool(let x):
            let first = x.rows(0..<count)
            return backend.globalMaxPoolGradient(
                t, winners: backend.globalMaxPool(first).winners, shape: first.shape)
        case .globalMeanPool(let input):
            return backend.globalMeanPoolGradient(t, shape: input.replacingFirst(with: count))
        case .flatten(let input): return t.reshaped(input.replacingFirst(with: count))
        case .dense(let weights):
            let dx = backend.matrixProduct(t, weights, transposeA: false, transposeB: true)
            return backend.cast(dx, to: activations)
        }
    }

    private func weights(_ layer: WeightNormConvolution) -> Tensor {
        backend.weightNorm(store["\(layer.name).v"], store["\(layer.name).g"]).weights
    }

    /// (t − mean t − y·mean(y·t))/σ for every image, a symmetric map.
    private func standardizationTangent(_ t: Tensor, _ y: Tensor, _ inverse: Tensor) -> Tensor {
        let y = y.rows(0..<count)
        func mean(_ x: Tensor) -> Tensor {
            backend.affine(backend.sum(x, .rows), scale: 1 / Double(t.shape.rowCount), shift: 0)
        }
        let projection = mean(backend.combine(.multiply, y, t, .elementwise))
        let centred = backend.combine(.subtract, t, mean(t), .rows)
        let rest = backend.combine(
            .subtract, centred, backend.combine(.multiply, y, projection, .rows), .elementwise)
        return backend.combine(.multiply, rest, inverse.rows(0..<count), .rows)
    }

    /// t at the winning positions: the pool's gradient of ones is the 0/1 mask of winners.
    private func globalTangent(_ t: Tensor, _ winners: Tensor) -> Tensor {
        let ones = backend.allocate([t.shape.first, t.shape.last], backend.real)
        backend.fill(ones, with: 1)
        let mask = backend.globalMaxPoolGradient(ones, winners: winners, shape: t.shape)
        let selected = backend.combine(.multiply, backend.cast(t, to: backend.real), mask, .elementwise)
        let mean = backend.globalMeanPool(selected)
        return backend.affine(mean, scale: Double(t.shape[1] * t.shape[2]), shift: 0)
    }

    private func pooledTangent(_ t: Tensor, _ winners: Tensor) -> Tensor {
        let ones = backend.allocate(winners.shape, backend.real)
        backend.fill(ones, with: 1)
        let mask = backend.maxPoolGradient(ones, winners: winners, shape: t.shape)
        let selected = backend.combine(.multiply, backend.cast(t, to: backend.real), mask, .elementwise)
        // A squeeze puts the four pixels of a window into neighbouring channels.
        let windows = backend.squeeze(selected)
        let sums = backend.sum(windows.reshaped([windows.count / 4, 4]), .rows)
        return backend.cast(sums.reshaped(winners.shape), to: activations)
    }
}
