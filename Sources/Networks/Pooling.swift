import Gradients
import Tensors

/// What becomes of all positions of a channel.
public enum Pooling: String, Sendable, CaseIterable, Codable { case max, mean }

/// The maximum or the mean over all positions, `[N, H, W, C]` → `[N, C]`.
public struct GlobalPool: Layer {
    public let pooling: Pooling

    public init(_ pooling: Pooling) { self.pooling = pooling }

    public func callAsFunction(_ x: Variable, _ pass: Pass) -> Variable {
        switch pooling {
        case .max: x.globalMaxPooled()
        case .mean: x.globalMeanPooled()
        }
    }

    public var hasTangent: Bool { true }

    public func linearized(_ x: Variable, _ pass: Pass) -> (y: Variable, tangent: Tangent) {
        let y = self(x, pass)
        guard pooling == .max else { return (y, { d, pass in self(d, pass) }) }
        let (input, backend) = (x.value, pass.backend)
        return (
            y,
            { d, _ in
                d.globalMaxPooled(
                    at: backend.globalMaxPool(input.rows(0..<d.shape.first)).winners)
            }
        )
    }

    public func outputShape(_ input: Shape) -> Shape { [input.last] }
    public func folded(_ pass: Pass) -> [FoldedLayer]? { [.globalPool(pooling)] }
}

/// 2×2 maximum with stride 2; an odd last row or column is left out.
public struct MaxPool: Layer {
    public init() {}

    public func callAsFunction(_ x: Variable, _ pass: Pass) -> Variable { x.maxPooled() }

    public var hasTangent: Bool { true }

    public func linearized(_ x: Variable, _ pass: Pass) -> (y: Variable, tangent: Tangent) {
        let (input, backend) = (x.value, pass.backend)
        return (
            x.maxPooled(),
            { d, _ in d.maxPooled(at: backend.maxPool(input.rows(0..<d.shape.first)).winners) }
        )
    }

    public func outputShape(_ input: Shape) -> Shape { [input[0] / 2, input[1] / 2, input[2]] }
    public func folded(_ pass: Pass) -> [FoldedLayer]? { [.maxPool] }
}

/// One axis for each datum, `[N, H, W, C]` → `[N, HWC]`.
public struct Flatten: Layer {
    public init() {}

    public func callAsFunction(_ x: Variable, _ pass: Pass) -> Variable {
        x.reshaped([x.shape.first, x.shape.rowCount])
    }

    public var hasTangent: Bool { true }

    public func linearized(_ x: Variable, _ pass: Pass) -> (y: Variable, tangent: Tangent) {
        (self(x, pass), { d, pass in self(d, pass) })
    }

    public func outputShape(_ input: Shape) -> Shape { [input.count] }
    public func folded(_ pass: Pass) -> [FoldedLayer]? { [.flatten] }
}
