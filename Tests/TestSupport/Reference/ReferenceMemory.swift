import RealModule
import Tensors

extension ReferenceBackend {
    public func tensor(_ values: [Float], _ shape: Shape, _ type: ScalarType) -> Tensor {
        tensor(values.map(Double.init), shape, type)
    }

    public func tensor(_ values: [Double], _ shape: Shape, _ type: ScalarType) -> Tensor {
        let y = allocate(shape, type)
        store(values, in: y)
        return y
    }

    public func floats(_ x: Tensor) -> [Float] { doubles(x).map(Float.init) }

    public func doubles(_ x: Tensor) -> [Double] {
        Array(x.reference.elements[x.offset..<x.offset + x.count])
    }

    public func cast(_ x: Tensor, to type: ScalarType) -> Tensor {
        stored(type) == x.type ? x : tensor(doubles(x), x.shape, type)
    }

    public func copy(_ x: Tensor, into y: Tensor) { store(doubles(x), in: y) }

    public func fill(_ y: Tensor, with value: Double) {
        store([Double](repeating: value, count: y.count), in: y)
    }

    public func gatherRows(_ x: Tensor, _ indices: [Int]) -> Tensor {
        let source = doubles(x)
        let width = x.shape.rowCount
        precondition(indices.allSatisfy { $0 >= 0 && $0 < x.shape.first }, "row outside \(x.shape)")
        let rows = indices.flatMap { source[$0 * width..<($0 + 1) * width] }
        return tensor(rows, x.shape.replacingFirst(with: indices.count), x.type)
    }

    public func scatterRows(_ x: Tensor, _ indices: [Int], into y: Tensor) {
        precondition(Set(indices).count == indices.count, "rows that come twice: \(indices)")
        for (row, index) in indices.enumerated() {
            copy(x.rows(row..<row + 1), into: y.rows(index..<index + 1))
        }
    }

    public func withBytes(of x: Tensor, _ body: (UnsafeMutableRawBufferPointer) -> Void) {
        x.reference.elements[x.offset..<x.offset + x.count].withUnsafeMutableBytes(body)
    }

    /// Numbers of the whole stream, of which the tensor has those that the key's rows have in a batch.
    private func drawn(_ shape: Shape, _ key: RandomKey, _ stream: (Int) -> [Double]) -> Tensor {
        let pieces = key.pieces(of: shape, world)
        let all = stream(pieces.map { $0.start + $0.elements.count }.max() ?? 0)
        return tensor(
            pieces.flatMap { all[$0.start..<$0.start + $0.elements.count] }, shape, real)
    }

    public func uniform(_ shape: Shape, from low: Double, to high: Double, key: RandomKey) -> Tensor {
        drawn(shape, key) { count in
            words(key, count: count).map { low + (high - low) * Double($0 >> 8) * 0x1p-24 }
        }
    }

    public func normal(_ shape: Shape, key: RandomKey) -> Tensor {
        drawn(shape, key) { normals(key, count: $0) }
    }

    private func normals(_ key: RandomKey, count: Int) -> [Double] {
        let words = words(key, count: count + 1)
        return (0..<count).map { i in
            let even = i - i % 2
            let u1 = Double((words[even] >> 8) + 1) * 0x1p-24
            let u2 = Double(words[even + 1] >> 8) * 0x1p-24
            let radius = (-2 * .log(u1)).squareRoot()
            return radius * (i == even ? .cos(2 * .pi * u2) : .sin(2 * .pi * u2))
        }
    }

    /// The first `count` 32-bit words of a stream.
    func words(_ key: RandomKey, count: Int) -> [UInt32] {
        let blocks = (0..<(count + 3) / 4).flatMap { index in
            let block = key.block(UInt32(index))
            return [block.0, block.1, block.2, block.3]
        }
        return Array(blocks.prefix(count))
    }

    /// Overwrites the elements of `y`.
    func store(_ values: [Double], in y: Tensor) {
        precondition(values.count == y.count, "\(values.count) values for \(y.shape)")
        // An int32 holds whole numbers.
        let stored = y.type == .int32 ? values.map { $0.rounded(.towardZero) } : values
        y.reference.elements.replaceSubrange(y.offset..<y.offset + y.count, with: stored)
    }
}
