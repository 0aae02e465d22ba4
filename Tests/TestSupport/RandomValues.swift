import RealModule
import Tensors

/// Standard normal numbers that depend on nothing but `seed`, drawn on the host without any backend.
public func normalValues(_ count: Int, seed: UInt64) -> [Double] {
    var stream = RandomStream(RandomKey(seed: seed, purpose: .noise))
    return (0..<count).map { _ in
        let radius = (-2 * Double.log(1 - stream.uniform())).squareRoot()
        return radius * .cos(2 * .pi * stream.uniform())
    }
}

/// `values` as they are after storage as `type`, so that two backends can be given exactly the same input.
public func rounded(_ values: [Double], to type: ScalarType) -> [Double] {
    switch type {
    case .float64: values
    case .float32: values.map { Double(Float($0)) }
    case .bfloat16: values.map { Double(roundedToBfloat16(Float($0))) }
    case .int32: values.map { $0.rounded() }
    }
}

/// To the nearest bfloat16, ties to even.
private func roundedToBfloat16(_ x: Float) -> Float {
    let bits = x.bitPattern
    return Float(bitPattern: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) & 0xFFFF_0000)
}

extension Backend {
    /// A tensor of normal numbers of the given scale, exact in `precision` (so that `type` may hold more digits).
    public func randomTensor(
        _ shape: Shape, seed: UInt64, scale: Double = 1, shift: Double = 0, type: ScalarType? = nil,
        precision: ScalarType = .float32
    ) -> Tensor {
        let values = normalValues(shape.count, seed: seed).map { scale * $0 + shift }
        return tensor(rounded(values, to: precision), shape, type ?? real)
    }
}
