import Glibc
import Networks
import System
import Tensors

extension Glow {
    /// Sets a Gaussian flow to the maximum of its likelihood, in closed form: its mean and covariance become those of the
    /// points, the covariance divided by N.
    ///
    /// The step's map x ↦ (x + b)·A whitens them. Actnorm standardises, W = P·(U + D) whitens what is standardised, with
    /// (U + D)ᵀ(U + D) the inverse of the correlations; the prior is standard normal.
    ///
    /// - Parameter points: `[N, 1, 1, C]`.
    /// - Throws: `UserError(.data)` when the points lie in fewer than C dimensions.
    public func fitGaussian(to points: Tensor) throws(UserError) {
        precondition(configuration.isGaussian, "a flow with couplings has no closed form")
        let channels = configuration.channels
        let moments = Moments(store.backend.floats(points).map(Double.init), channels: channels)
        guard let whitening = moments.whitening else {
            throw UserError(
                .data, "no Gaussian fits the training points: their covariance is singular",
                advice: "raise data.train")
        }
        let step = fixedRotations[0]
        var upper = [Double](repeating: 0, count: channels * channels)
        for i in 0..<channels {
            for j in i + 1..<max(channels, i + 1) {
                upper[i * channels + j] = Double(step.signs[i]) * whitening[i][j]
            }
        }
        set("level0.block0.actnorm.bias", moments.means.map { -$0 })
        set("level0.block0.actnorm.logs", moments.deviations.map { -Glibc.log($0) })
        set("\(step.name).lower", upper.map { _ in 0 })
        set("\(step.name).upper", upper)
        set("\(step.name).logs", (0..<channels).map { Glibc.log(whitening[$0][$0]) })
        for name in ["prior.mean", "prior.logs"] { store.backend.fill(store[name], with: 0) }
    }

    private func set(_ name: String, _ values: [Double]) {
        let view = store[name]
        store.backend.copy(store.backend.tensor(values, view.shape, store.backend.real), into: view)
    }
}

/// Means, deviations and correlations of points.
private struct Moments {
    let means: [Double]
    let deviations: [Double]
    /// [C][C].
    let correlations: [[Double]]

    /// - Parameter values: `[N, C]`.
    init(_ values: [Double], channels: Int) {
        let count = Double(values.count / channels)
        func mean(_ value: (Int) -> Double) -> Double {
            stride(from: 0, to: values.count, by: channels).reduce(0) { $0 + value($1) } / count
        }
        let means = (0..<channels).map { c in mean { values[$0 + c] } }
        let covariances = (0..<channels).map { i in
            (0..<channels).map { j in mean { (values[$0 + i] - means[i]) * (values[$0 + j] - means[j]) } }
        }
        let deviations = (0..<channels).map { covariances[$0][$0].squareRoot() }
        self.means = means
        self.deviations = deviations
        correlations = (0..<channels).map { i in
            (0..<channels).map { j in covariances[i][j] / (deviations[i] * deviations[j]) }
        }
    }

    /// The upper triangular R with positive diagonal and RᵀR = correlations⁻¹, [C][C]; nil where there is none.
    var whitening: [[Double]]? {
        let extent = correlations.count
        var r = [[Double]](repeating: [Double](repeating: 0, count: extent), count: extent)
        // correlations = V·Vᵀ with V = R⁻¹ upper triangular, from the last column on.
        var v = r
        for j in (0..<extent).reversed() {
            for i in (0...j).reversed() {
                let later = j + 1..<max(extent, j + 1)
                let rest = later.reduce(correlations[i][j]) { $0 - v[i][$1] * v[j][$1] }
                if i < j {
                    v[i][j] = rest / v[j][j]
                } else {
                    // Below this share of a variance of 1 the rest is rounding.
                    guard rest > 1e-12 else { return nil }
                    v[j][j] = rest.squareRoot()
                }
            }
        }
        for j in 0..<extent {
            r[j][j] = 1 / v[j][j]
            for i in (0..<j).reversed() {
                r[i][j] = -(i + 1...j).reduce(0) { $0 + v[i][$1] * r[$1][j] } / v[i][i]
            }
        }
        return r
    }
}
