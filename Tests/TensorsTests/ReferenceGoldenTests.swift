import Tensors
import TestSupport
import Testing

/// The reference's kernels, chained, against PyTorch.
@Suite("Reference against PyTorch")
struct ReferenceGoldenTests {
    let backend = ReferenceBackend()

    /// Stride and padding of Conv-small's nine convolutions.
    private static let geometries = [(1, 1), (1, 1), (2, 1), (1, 1), (1, 1), (2, 1), (1, 0), (1, 0), (1, 0)]
        .map { ConvolutionGeometry(stride: $0.0, padding: $0.1) }

    @Test(arguments: ["max", "mean"])
    func convSmallAndItsGradients(pooling: String) throws {
        let golden = try Golden("conv_small")
        func parameter(_ name: String) -> Tensor { golden.tensor(name, on: backend) }
        func expectGradient(_ gradient: Tensor, _ name: String) {
            // The file holds gradients as float32.
            expectClose(
                backend.doubles(gradient), golden.values("gradient.\(pooling).\(name)"), relative: 2e-7, name)
        }

        var activations = [parameter("x")]
        var weights: [(weights: Tensor, norms: Tensor)] = []
        for (i, geometry) in Self.geometries.enumerated() {
            weights.append(backend.weightNorm(parameter("conv\(i + 1).v"), parameter("conv\(i + 1).g")))
            activations.append(
                backend.convolution(
                    activations[i], weights[i].weights, bias: parameter("conv\(i + 1).b"), geometry,
                    slope: 0.2,
                    output: .float64))
        }
        let last = activations[9]
        let largest = backend.globalMaxPool(last)
        let pooled = pooling == "max" ? largest.y : backend.globalMeanPool(last)
        let head = backend.weightNorm(parameter("head.v"), parameter("head.g"))
        let logits = backend.matrixProduct(pooled, head.weights, transposeA: false, transposeB: false)
        expectClose(backend.doubles(logits), golden.values("\(pooling).logits"), relative: 1e-7)

        let dlogits = parameter("weights")
        let dhead = backend.matrixProduct(pooled, dlogits, transposeA: true, transposeB: false)
        let (dv, dg) = backend.weightNormGradient(
            dhead, parameter("head.v"), parameter("head.g"), norms: head.norms)
        expectGradient(dv, "head.v")
        expectGradient(dg, "head.g")
        let dpooled = backend.matrixProduct(dlogits, head.weights, transposeA: false, transposeB: true)
        var dy =
            pooling == "max"
            ? backend.globalMaxPoolGradient(dpooled, winners: largest.winners, shape: last.shape)
            : backend.globalMeanPoolGradient(dpooled, shape: last.shape)
        for (i, geometry) in Self.geometries.enumerated().reversed() {
            let (v, g) = (parameter("conv\(i + 1).v"), parameter("conv\(i + 1).g"))
            let (dz, db) = backend.activationGradient(dy, activations[i + 1], slope: 0.2, wantsBias: true)
            let dw = backend.convolutionWeightGradient(activations[i], dz, geometry, shape: v.shape)
            let (dv, dg) = backend.weightNormGradient(dw, v, g, norms: weights[i].norms)
            expectGradient(dv, "conv\(i + 1).v")
            expectGradient(dg, "conv\(i + 1).g")
            expectGradient(try #require(db), "conv\(i + 1).b")
            dy = backend.convolutionInputGradient(
                dz, weights[i].weights, geometry, shape: activations[i].shape)
        }
        if pooling == "max" { expectGradient(dy, "x") }
    }

    @Test(arguments: ["adam", "adamax", "adamax_glow"])
    func optimizers(rule: String) throws {
        let golden = try Golden("optimizers")
        let start = golden.tensor("start", on: backend)
        let gradients = golden.tensor("gradients", on: backend)
        let (first, second) = (backend.zerosLike(start), backend.zerosLike(start))
        var path: [Double] = []
        for step in 1...10 {
            let state = OptimizerState(
                parameters: start, gradient: gradients.rows(step - 1..<step), first: first, second: second)
            let coefficients = AdamRule(
                rate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step: step,
                glowCorrection: rule == "adamax_glow")
            rule == "adam" ? backend.adamStep(state, coefficients) : backend.adamaxStep(state, coefficients)
            path += backend.doubles(start)
        }
        expectClose(path, golden.values(rule), relative: 1e-12)
    }

    @Test func logSumExpIsLogP() throws {
        let golden = try Golden("losses")
        let logits = backend.combine(
            .subtract, golden.tensor("f.data", on: backend), golden.tensor("delta", on: backend), .channels)
        let logP = backend.affine(
            backend.logSumExp(logits), scale: 1, shift: -2.302585092994046 - golden.scalar("c_bar"))
        expectClose(backend.doubles(logP), golden.values("log_p.data"), relative: 1e-13)
    }
}
