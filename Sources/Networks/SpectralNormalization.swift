import Gradients
import Tensors

/// Spectral normalisation, W/σ(W): the weights of a layer as a matrix of `rows` × `columns`, the outputs, divided by an
/// estimate of its largest singular value. Miyato et al., *Spectral Normalization for Generative Adversarial Networks*,
/// 2018, section 2.1 and algorithm 1. The matrix is the kernel's, `[k·k·C, O]`, not the convolution's as an operator on images.
///
/// The singular vectors `name.spectral.left` `[rows]` and `name.spectral.right` `[columns]` are kept from update to update;
/// no gradient reaches them. A training pass that moves statistics makes one step of power iteration before it uses them, an
/// initialising one ``startIterations``; others use them as they are, so that evaluation is a function of the weights
/// and the checkpoint alone.
public struct SpectralNorm: Sendable {
    public let name: String
    public let rows: Int
    public let columns: Int
    /// Steps of power iteration from the random start.
    public static let startIterations = 15

    public init(_ name: String, rows: Int, columns: Int) {
        self.name = name
        self.rows = rows
        self.columns = columns
    }

    private var left: String { "\(name).spectral.left" }
    private var right: String { "\(name).spectral.right" }

    public func declare(in layout: inout ParameterLayout) {
        layout.declare(left, [rows], .normal(deviation: 1), isTrained: false)
        layout.declare(right, [columns], .normal(deviation: 1), isTrained: false)
    }

    /// `w` of `rows` · `columns` elements, its last axis the outputs, divided by σ = leftᵀ·W·right. The vectors are
    /// constants of the gradient: that is σ's own, by the envelope theorem, where they are singular vectors.
    public func callAsFunction(_ w: Variable, _ pass: Pass) -> Variable {
        iterate(w.value.reshaped([rows, columns]), pass)
        // Copies: a later pass may move the vectors before this one's gradients are taken.
        func vector(_ name: String, _ shape: Shape) -> Variable {
            pass.constant(pass.backend.affine(pass.store[name], scale: 1, shift: 0).reshaped(shape))
        }
        let sigma = vector(left, [1, rows]).product(w.reshaped([rows, columns]))
            .product(vector(right, [columns, 1])).reshaped([1])
        return w.combined(.divide, sigma, .scalar)
    }

    private func iterate(_ matrix: Tensor, _ pass: Pass) {
        let (backend, store) = (pass.backend, pass.store)
        for _ in 0..<iterations(pass) {
            let v = backend.matrixProduct(
                matrix, store[right].reshaped([columns, 1]), transposeA: false, transposeB: false)
            backend.copy(backend.normalized(v), into: store[left])
            let u = backend.matrixProduct(
                matrix, store[left].reshaped([rows, 1]), transposeA: true, transposeB: false)
            backend.copy(backend.normalized(u), into: store[right])
        }
    }

    private func iterations(_ pass: Pass) -> Int {
        switch pass.mode {
        case .initialize: Self.startIterations
        case .train: pass.movesStatistics ? 1 : 0
        case .evaluate: 0
        }
    }
}

extension Backend {
    /// x/‖x‖; zeros stay.
    fileprivate func normalized(_ x: Tensor) -> Tensor {
        let square = affine(sum(map(.square, x), .all), scale: 1, shift: 1e-24)
        return combine(.multiply, x, cast(map(.inverseSquareRoot, square), to: x.type), .scalar)
    }
}
