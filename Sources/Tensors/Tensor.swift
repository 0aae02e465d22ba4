/// How the elements of a tensor are stored.
public enum ScalarType: String, Hashable, Sendable {
    case float32, bfloat16, float64, int32

    public var byteCount: Int {
        switch self {
        case .bfloat16: 2
        case .float32, .int32: 4
        case .float64: 8
        }
    }
}

/// A dense, contiguous, row-major block of numbers: images as `[N, H, W, C]`, convolution weights as
/// `[kernelHeight, kernelWidth, inputs, outputs]`, vectors of log densities as float64 `[N]`.
///
/// A tensor is a view of shared storage. Kernels return new tensors; the few that write in place
/// (``Backend/accumulate(_:into:scale:)``, ``Backend/copy(_:into:)`` and the optimisers) say so.
public struct Tensor: Sendable {
    public let storage: Storage
    /// First element of the view, counted in elements.
    public let offset: Int
    public let shape: Shape
    public let type: ScalarType

    public init(storage: Storage, offset: Int = 0, shape: Shape, type: ScalarType) {
        precondition((offset + shape.count) * type.byteCount <= storage.byteCount, "view exceeds storage")
        self.storage = storage
        self.offset = offset
        self.shape = shape
        self.type = type
    }

    public var count: Int { shape.count }

    /// The same elements under another shape.
    public func reshaped(_ shape: Shape) -> Tensor {
        precondition(shape.count == count, "cannot view \(self.shape) as \(shape)")
        return Tensor(storage: storage, offset: offset, shape: shape, type: type)
    }

    /// Entries `range` of the first axis, without copying.
    public func rows(_ range: Range<Int>) -> Tensor {
        precondition(range.lowerBound >= 0 && range.upperBound <= shape.first, "rows \(range) of \(shape)")
        return Tensor(
            storage: storage, offset: offset + range.lowerBound * shape.rowCount,
            shape: shape.replacingFirst(with: range.count), type: type)
    }

    /// `count` elements from `start` of the flattened tensor, seen as `shape`, without copying.
    public func view(from start: Int, shape: Shape) -> Tensor {
        precondition(start >= 0 && start + shape.count <= count, "view leaves the tensor")
        return Tensor(storage: storage, offset: offset + start, shape: shape, type: type)
    }
}
