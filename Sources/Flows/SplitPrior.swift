import Gradients
import Networks
import Tensors

/// Half of the channels leave the flow here. Their prior is Gaussian; a 3×3 convolution of the other half gives its mean and
/// log deviation. Dinh et al., *Real NVP*, 2017, section 3.6; Glow's `split2d`.
struct SplitPrior: Sendable {
    let half: Int
    let network: ZeroConvolution

    init(_ name: String, channels: Int) {
        half = channels / 2
        network = ZeroConvolution(name, kernel: 3, inputs: half, outputs: 2 * (channels - half))
    }

    func declare(in layout: inout ParameterLayout) { network.declare(in: &layout) }

    func forward(_ x: Variable, _ logDensity: inout Variable, _ pass: Pass) -> Variable {
        let (kept, z) = x.split(at: half)
        let prior = network(kept, pass).split(at: z.shape.last)
        logDensity = logDensity + z.gaussianLogDensity(mean: prior.0, logDeviation: prior.1)
        return kept
    }

    func inverse(
        _ kept: Variable, _ logDensity: inout Variable, key: RandomKey, temperature: Double, _ pass: Pass
    ) -> Variable {
        let output = network(kept, pass)
        let (mean, logs) = output.split(at: output.shape.last / 2)
        let z = gaussianSample(mean.shape, mean: mean, logs: logs, key, temperature, pass)
        logDensity = logDensity + z.gaussianLogDensity(mean: mean, logDeviation: logs)
        return kept.joined(with: z)
    }
}

/// mean + e^{logs}·ε, ε ~ N(0, temperature²) of `shape`; mean and logs of that shape or of one datum's.
func gaussianSample(
    _ shape: Shape, mean: Variable, logs: Variable, _ key: RandomKey, _ temperature: Double, _ pass: Pass
) -> Variable {
    let backend = pass.backend
    let noise = backend.affine(backend.normal(shape, key: key), scale: temperature, shift: 0)
    guard mean.shape != shape else { return mean + exp(logs) * pass.constant(noise) }
    let flat = pass.constant(noise.reshaped([shape.first, shape.rowCount]))
    let row: Shape = [mean.shape.count]
    return flat.combined(.multiply, exp(logs).reshaped(row), .channels)
        .combined(.add, mean.reshaped(row), .channels).reshaped(shape)
}
