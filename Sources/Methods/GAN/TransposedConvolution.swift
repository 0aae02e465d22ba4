import Gradients
import Networks
import Tensors

/// A 5×5 transposed convolution of stride 2 without bias: `[N, H, W, C]` → `[N, 2H, 2W, O]`.
///
/// Parameter: `name.w` `[5, 5, O, C]`, from N(0, 0.05²).
package struct TransposedConvolution: Sendable {
    package let name: String
    package let inputs: Int
    package let outputs: Int

    package func declare(in layout: inout ParameterLayout) {
        layout.declare("\(name).w", [5, 5, outputs, inputs], .normal(deviation: 0.05))
    }

    /// Computes in the reduced type; the result is real, as batch normalisation and what follows it want.
    package func callAsFunction(_ x: Variable, _ pass: Pass) -> Variable {
        x.cast(to: pass.backend.reduced).doubled(with: pass.parameter("\(name).w")).cast(
            to: pass.backend.real)
    }
}

/// The same with weight normalisation and bias; Salimans & Kingma 2016. All of it is real.
///
/// Parameters: `name.v` `[5, 5, O, C]`, `name.g` `[O]`, `name.b` `[O]`; an initialising pass sets g and b such that the
/// results have mean 0 and the given deviation per channel.
package struct WeightNormTransposedConvolution: Sendable {
    package let name: String
    package let inputs: Int
    package let outputs: Int
    package let initialDeviation: Double

    package func declare(in layout: inout ParameterLayout) {
        layout.declare("\(name).v", [5, 5, outputs, inputs], .normal(deviation: 0.05))
        layout.declare("\(name).g", [outputs], .constant(1))
        layout.declare("\(name).b", [outputs], .constant(0))
    }

    package func callAsFunction(_ x: Variable, _ pass: Pass) -> Variable {
        let v = pass.parameter("\(name).v")
        // The results are scaled in place of the weights: O is not their last axis.
        let y = x.doubled(with: v).combined(.multiply, inverseNorms(v, pass), .channels)
        if pass.isInitializing { initialize(y, pass) }
        return y.combined(.multiply, pass.parameter("\(name).g"), .channels)
            .combined(.add, pass.parameter("\(name).b"), .channels)
    }

    /// 1/‖v[…, o, …]‖, `[O]`.
    private func inverseNorms(_ v: Variable, _ pass: Pass) -> Variable {
        let rows = v.mapped(.square).reshaped([25 * outputs, inputs]).sum(.rows)
        return rows.reshaped([25, outputs]).sum(.channels).mapped(.inverseSquareRoot)
            .cast(to: pass.backend.real)
    }

    private func initialize(_ y: Variable, _ pass: Pass) {
        let (gain, bias) = (pass.store["\(name).g"], pass.store["\(name).b"])
        pass.backend.fill(gain, with: 1)
        pass.backend.standardize(y.value, gain: gain, bias: bias, deviation: initialDeviation)
    }
}

extension Variable {
    fileprivate func doubled(with weights: Variable) -> Variable {
        transposeConvolved(with: weights, ConvolutionGeometry(stride: 2, padding: 2), outputPadding: 1)
    }
}
