import Tensors

/// The examples of a linear classifier, and the products that its solvers are made of. Weights W `[d, K]` are kept as
/// coordinates of one of two kinds, whichever is cheaper:
///
/// - primal: W itself, with the bias as a last row where it is part of the problem (an appended feature 1);
/// - dual, for fewer examples than features: A `[n, K]` with W = XᵀA, through the Gram matrix XXᵀ, which is made once and
///   serves every class and every C. Nothing is lost: minimisers of ½‖W‖² + loss(XW) are such combinations.
///
/// Features are centred before products in float32 and the means put back in float64: most of a feature after a leaky
/// ReLU is its mean, and differences between examples would be lost in its square.
final class Design {
    let backend: any Backend
    /// n.
    let count: Int
    /// Whether a feature 1 is appended.
    let hasBias: Bool
    let isDual: Bool
    /// Real `[n, d]`, columns of mean 0.
    private let centred: Tensor
    /// Float64 `[1, d]`.
    private let mean: Tensor
    /// XXᵀ, float64 `[n, n]`, in the dual.
    private let gram: Tensor?

    /// - Parameter x: real `[n, d]`.
    /// - Parameter isDual: whether weights are kept in the dual; nil takes the cheaper kind.
    init(_ x: Tensor, hasBias: Bool, isDual: Bool? = nil, backend: any Backend) {
        self.backend = backend
        self.hasBias = hasBias
        count = x.shape.first
        self.isDual = isDual ?? (x.shape.first <= x.shape.last)
        // The mean has the features' type, so that the number subtracted here equals the number added again later.
        let average = backend.affine(backend.sum(x, .channels), scale: 1 / Double(count), shift: 0)
        mean = backend.cast(average, to: .float64).reshaped([1, x.shape.last])
        centred = backend.combine(.subtract, x, average, .channels)
        gram = self.isDual ? backend.gram(centred, mean: mean, appendsOne: hasBias) : nil
    }

    /// Extent of the first axis of coordinates.
    var coordinateCount: Int { isDual ? count : centred.shape.last + (hasBias ? 1 : 0) }

    func zeroCoordinates(_ columns: Int) -> Tensor { backend.zeros([coordinateCount, columns], .float64) }

    /// XW, float64 `[n, K]`, of coordinates.
    func scores(_ z: Tensor) -> Tensor {
        if let gram { return product(gram, z) }
        let weights = z.rows(0..<mean.count)
        let scores = backend.cast(product(centred, backend.cast(weights, to: backend.real)), to: .float64)
        return backend.combine(.add, scores, shift(weights, z), .channels)
    }

    /// What the means and the bias add to every score, `[K]`.
    private func shift(_ weights: Tensor, _ z: Tensor) -> Tensor {
        let shift = product(mean, weights).reshaped([z.shape.last])
        guard hasBias else { return shift }
        return backend.combine(
            .add, shift, z.rows(mean.count..<mean.count + 1).reshaped([z.shape.last]), .elementwise)
    }

    /// XᵀE as coordinates, of float64 `[n, K]`.
    func adjoint(_ e: Tensor) -> Tensor {
        if isDual { return e }
        let sums = backend.sum(e, .channels).reshaped([1, e.shape.last])
        let whole = pull(e, sums)
        return hasBias ? backend.stacked([whole, sums]) : whole
    }

    /// XᵀE, float64 `[d, K]`, of float64 `[n, K]` and its sums over rows: as (EᵀX)ᵀ, twice as fast for a large X, which is
    /// read as it lies.
    private func pull(_ e: Tensor, _ sums: Tensor) -> Tensor {
        let turned = product(backend.cast(e, to: backend.real), centred, transposed: true)
        let centredPart = backend.transposed(backend.cast(turned, to: .float64))
        return backend.combine(.add, centredPart, product(mean, sums, transposed: true), .elementwise)
    }

    /// ⟨U, V⟩ of each column, float64 `[K]`. `scores` are those of `v`, which the dual needs.
    func inner(_ u: Tensor, _ v: Tensor, scores: Tensor) -> Tensor {
        backend.columnDots(u, isDual ? scores : v)
    }

    /// The weights `[d, K]` and, where it is part of the problem, the bias `[K]`, both float64.
    func weights(_ z: Tensor) -> (weights: Tensor, bias: Tensor?) {
        let bias = isDual ? backend.sum(z, .channels) : z.rows(z.shape.first - 1..<z.shape.first)
        guard isDual else {
            return (z.rows(0..<mean.count), hasBias ? bias.reshaped([z.shape.last]) : nil)
        }
        return (pull(z, bias.reshaped([1, z.shape.last])), hasBias ? bias : nil)
    }

    private func product(_ a: Tensor, _ b: Tensor, transposed: Bool = false) -> Tensor {
        backend.matrixProduct(a, b, transposeA: transposed, transposeB: false)
    }
}

extension Backend {
    /// Sums over rows of products, float64 `[K]`, of float64 `[n, K]`.
    func columnDots(_ a: Tensor, _ b: Tensor) -> Tensor {
        cast(sum(combine(.multiply, a, b, .elementwise), .channels), to: .float64)
    }

    /// (X + 1m)(X + 1m)ᵀ, plus 1 where a feature 1 is appended, float64 `[n, n]`.
    ///
    /// - Parameters:
    ///   - x: real `[n, d]`.
    ///   - mean: m, float64 `[1, d]`.
    fileprivate func gram(_ x: Tensor, mean: Tensor, appendsOne: Bool) -> Tensor {
        let count = x.shape.first
        let cross = cast(
            matrixProduct(x, cast(mean, to: real), transposeA: false, transposeB: true), to: .float64
        ).reshaped([count])
        let square = sum(map(.square, mean), .all)
        let shifted = combine(.add, combine(.add, squared(x), cross, .rows), cross, .channels)
        return combine(.add, shifted, affine(square, scale: 1, shift: appendsOne ? 1 : 0), .scalar)
    }

    /// XXᵀ of real `[n, d]`, float64: blocks on and below the diagonal, the others being their transposes.
    private func squared(_ x: Tensor) -> Tensor {
        let (count, block) = (x.shape.first, 512)
        let ranges = chunks(of: count, by: block)
        let strips = ranges.map { product(x.rows($0), x.rows(0..<$0.upperBound)) }
        let gram = allocate([count, count], .float64)
        for (index, range) in ranges.enumerated() {
            let right = strips.dropFirst(index + 1).map { transposed(channels($0, range)) }
            copy(right.reduce(strips[index]) { concatenated($0, $1) }, into: gram.rows(range))
        }
        return gram
    }

    /// abᵀ in float64: products of 1,024 features in the real type, their sums in float64.
    private func product(_ a: Tensor, _ b: Tensor) -> Tensor {
        let whole = zeros([a.shape.first, b.shape.first], .float64)
        for range in chunks(of: a.shape.last, by: 1024) {
            let part = matrixProduct(
                channels(a, range), channels(b, range), transposeA: false, transposeB: true)
            accumulate(cast(part, to: .float64), into: whole, scale: 1)
        }
        return whole
    }

    /// The transpose of a float64 matrix, exactly: its product with the identity.
    fileprivate func transposed(_ x: Tensor) -> Tensor {
        let identity = indicators(Array(0..<x.shape.first), classes: x.shape.first, hit: 1, miss: 0)
        return matrixProduct(x, identity, transposeA: true, transposeB: false)
    }
}
