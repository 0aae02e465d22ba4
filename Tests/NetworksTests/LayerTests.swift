import Gradients
import Networks
import Tensors
import TestSupport
import Testing

/// A layer under test, by its name in reports.
private struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let layer: any Layer
    /// Multiplications for an input of 6×6 pixels and 2 channels.
    let multiplications: Int

    init(_ name: String, _ layer: any Layer, _ multiplications: Int = 0) {
        (testDescription, self.layer, self.multiplications) = (name, layer, multiplications)
    }

    private static func convolution(
        _ name: String, kernel: Int = 3, inputs: Int = 2, outputs: Int, stride: Int = 1, slope: Float? = 0.2
    ) -> WeightNormConvolution {
        WeightNormConvolution(
            name, kernel: kernel, inputs: inputs, outputs: outputs,
            geometry: ConvolutionGeometry(stride: stride, padding: kernel / 2), slope: slope)
    }

    private static let block = Residual(
        branch: [
            convolution("a", outputs: 3, stride: 2), Dropout(rate: 0.5, lane: 1),
            convolution("b", inputs: 3, outputs: 4, slope: nil),
        ], shortcut: [convolution("c", kernel: 1, outputs: 4, stride: 2, slope: nil)])

    /// The products of ``block``, by its three convolutions.
    private static let blockProducts = 9 * 9 * 2 * 3 + 9 * 9 * 3 * 4 + 9 * 2 * 4

    static let all = [
        Case("weight-normalised convolution", convolution("a", outputs: 3), 36 * 9 * 2 * 3),
        Case(
            "spectral convolution",
            PlainConvolution(
                "a", kernel: 4, inputs: 2, outputs: 3, geometry: .init(stride: 2, padding: 1), slope: 0.1,
                hasBias: true, isSpectral: true), 9 * 16 * 2 * 3),
        Case("dropout", Dropout(rate: 0.3, lane: 2)),
        Case("leaky ReLU", LeakyReLU(slope: 0.2)),
        Case("leaky ReLU of two terms", LeakyReLU(slope: 0.2, sumsTwoTerms: true)),
        Case("maximum", MaxPool()),
        Case("global maximum", GlobalPool(.max)),
        Case("global mean", GlobalPool(.mean)),
        Case("one axis", Flatten()),
        Case("nothing", Sequential([])),
        Case("residual block", block, blockProducts),
        Case(
            "sequence",
            Sequential([
                LeakyReLU(slope: 0.2), block, Residual(branch: [convolution("d", inputs: 4, outputs: 4)]),
                GlobalPool(.max), PlainDense("head", inputs: 4, outputs: 3),
            ]), blockProducts + 9 * 9 * 4 * 4 + 12),
    ]
}

@Suite("Layers") struct LayerTests {
    private let backend = ReferenceBackend()
    private let mode = Pass.Mode.train(dropout: RandomKey(seed: 2, purpose: .dropout))

    private func store(_ layer: any Layer) -> ParameterStore {
        var layout = ParameterLayout()
        layer.declare(in: &layout)
        let store = ParameterStore(layout, backend: backend, seed: 1)
        let noise = backend.randomTensor([store.count], seed: 5, scale: 0.3)
        backend.accumulate(noise, into: store.values, scale: 1)
        return store
    }

    private func pass(_ store: ParameterStore) -> Pass {
        Pass(store, on: Tape(backend), mode: mode, trainable: false, movesStatistics: false)
    }

    @Test("Shapes and multiplications are those of the call", arguments: Case.all)
    fileprivate func shapes(_ which: Case) {
        let (layer, input): (any Layer, Shape) = (which.layer, [6, 6, 2])
        let pass = pass(store(layer))
        let y = layer(pass.constant(backend.randomTensor([3, 6, 6, 2], seed: 4)), pass)
        #expect(y.shape == Shape([3] + layer.outputShape(input).dimensions))
        #expect(layer.multiplications(input) == which.multiplications)
    }

    @Test(
        "The tangent is the directional derivative for the first entries of a batch, and the tape its adjoint",
        arguments: Case.all)
    fileprivate func tangents(_ which: Case) throws {
        let layer = which.layer
        #expect(layer.hasTangent)
        let store = store(layer)
        let x = backend.randomTensor([3, 6, 6, 2], seed: 4)
        let d = backend.randomTensor([2, 6, 6, 2], seed: 6)
        let whole = backend.zerosLike(x)
        backend.copy(d, into: whole.rows(0..<2))
        func values(_ scale: Double) -> [Double] {
            let pass = pass(store)
            let moved = backend.combine(
                .add, x, backend.affine(whole, scale: scale, shift: 0), .elementwise)
            return backend.doubles(layer(pass.constant(moved), pass).value)
        }
        let evaluation = pass(store)
        let (y, tangent) = layer.linearized(evaluation.constant(x), evaluation)
        #expect(backend.doubles(y.value) == values(0))
        let other = Pass.inference(store)
        let start = other.tape.variable(d)
        let image = tangent(start, other)
        let step = 1e-7
        let difference = zip(values(step), values(-step)).map { ($0 - $1) / (2 * step) }
        expectClose(
            backend.doubles(image.value), Array(difference.prefix(image.shape.count)), relative: 1e-6)
        let u = backend.randomTensor(image.shape, seed: 7)
        let products = zip(backend.doubles(image.value), backend.doubles(u)).map(*)
        other.tape.backward(from: image, gradient: u)
        let adjoint = try #require(start.gradient)
        let others = zip(backend.doubles(adjoint), backend.doubles(d)).map(*)
        expectClose([others.reduce(0, +)], [products.reduce(0, +)], relative: 1e-9)
    }

    @Test("A norm is multiplied into the convolution before it, but not through an activation or a sum")
    func folding() throws {
        let bare = PlainConvolution("a", kernel: 1, inputs: 2, outputs: 2, geometry: .init())
        let bent = PlainConvolution("b", kernel: 1, inputs: 2, outputs: 2, geometry: .init(), slope: 0.1)
        let norm = BatchNorm("norm", channels: 2)
        func folded(_ layers: [any Layer]) throws -> [String] {
            let layer = Sequential(layers)
            let plain = try #require(layer.folded(Pass.inference(store(layer))))
            return plain.map {
                switch $0 {
                case .convolution(let convolution): convolution.slope == nil ? "linear" : "bent"
                case .affine: "affine"
                case .leakyReLU: "slope"
                case .residual(let branch, let shortcut): "sum \(branch.count) \(shortcut.count)"
                default: "other"
                }
            }
        }
        #expect(try folded([bare, norm, LeakyReLU(slope: 0.1)]) == ["bent"])
        #expect(try folded([bent, norm, LeakyReLU(slope: 0.1)]) == ["bent", "affine", "slope"])
        #expect(
            try folded([Residual(branch: [bare]), norm, Dropout(rate: 0.5, lane: 0)]) == [
                "sum 1 0", "affine",
            ])
    }
}
