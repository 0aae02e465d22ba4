/// The extents of a tensor, outermost axis first. Images are `[N, H, W, C]`, matrices `[rows, columns]`.
public struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
    public let dimensions: [Int]

    public init(_ dimensions: [Int]) {
        precondition(dimensions.allSatisfy { $0 >= 0 }, "negative extent in \(dimensions)")
        self.dimensions = dimensions
    }

    public init(arrayLiteral elements: Int...) { self.init(elements) }

    public var rank: Int { dimensions.count }
    /// Number of elements; 1 for the rank-0 shape.
    public var count: Int { dimensions.reduce(1, *) }
    /// Extent of the first axis: images of a batch, rows of a matrix.
    public var first: Int { dimensions.first ?? 1 }
    /// Extent of the last axis: channels of an NHWC tensor.
    public var last: Int { dimensions.last ?? 1 }
    /// Elements of one entry of the first axis.
    public var rowCount: Int { first == 0 ? 0 : count / first }

    public subscript(axis: Int) -> Int { dimensions[axis] }

    public func replacingFirst(with extent: Int) -> Shape { Shape([extent] + dimensions.dropFirst()) }
    public func replacingLast(with extent: Int) -> Shape { Shape(dimensions.dropLast() + [extent]) }

    public var description: String { "[" + dimensions.map(String.init).joined(separator: ", ") + "]" }
}
