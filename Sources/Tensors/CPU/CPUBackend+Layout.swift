import CKernels

extension CPUBackend {
    public func gatherRows(_ x: Tensor, _ indices: [Int]) -> Tensor {
        let rows = x.shape.first
        let size = x.shape.rowCount
        precondition(indices.allSatisfy { $0 >= 0 && $0 < rows }, "row index outside 0..<\(rows)")
        let y = allocate(x.shape.replacingFirst(with: indices.count), x.type)
        policy.forRanges(indices.count, grain: max(1, ThreadPolicy.grain / max(size, 1))) { range in
            for i in range {
                y.bytes(at: i * size).copyMemory(
                    from: x.bytes(at: indices[i] * size), byteCount: size * x.type.byteCount)
            }
        }
        return y
    }

    public func scatterRows(_ x: Tensor, _ indices: [Int], into y: Tensor) {
        let (rows, size) = (y.shape.first, y.shape.rowCount)
        precondition(x.type == y.type && x.count == indices.count * size, "rows \(x.shape) for \(y.shape)")
        precondition(indices.allSatisfy { $0 >= 0 && $0 < rows }, "row index outside 0..<\(rows)")
        policy.forRanges(indices.count, grain: max(1, ThreadPolicy.grain / max(size, 1))) { range in
            for i in range {
                y.bytes(at: indices[i] * size).copyMemory(
                    from: x.bytes(at: i * size), byteCount: size * x.type.byteCount)
            }
        }
    }

    /// Copies `count` channels of every pixel from channel `from` of `x` to channel `to` of `y`.
    private func copyChannels(_ x: Tensor, from: Int, _ y: Tensor, to: Int, count: Int) {
        let size = x.type.byteCount
        let (strideX, strideY) = (x.shape.last * size, y.shape.last * size)
        let pixels = y.count / max(y.shape.last, 1)
        policy.forRanges(pixels, grain: max(1, ThreadPolicy.grain / max(count, 1))) { range in
            fc_copy_rows(
                x.bytes + range.lowerBound * strideX + from * size, strideX,
                y.bytes + range.lowerBound * strideY + to * size, strideY, count * size, range.count)
        }
    }

    public func channels(_ x: Tensor, _ range: Range<Int>) -> Tensor {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= x.shape.last, "channels \(range) of \(x.shape)")
        let y = allocate(x.shape.replacingLast(with: range.count), x.type)
        copyChannels(x, from: range.lowerBound, y, to: 0, count: range.count)
        return y
    }

    public func concatenated(_ a: Tensor, _ b: Tensor) -> Tensor {
        precondition(
            a.type == b.type && a.shape.replacingLast(with: 0) == b.shape.replacingLast(with: 0),
            "\(a.type) \(a.shape) beside \(b.type) \(b.shape)")
        let y = allocate(a.shape.replacingLast(with: a.shape.last + b.shape.last), a.type)
        copyChannels(a, from: 0, y, to: 0, count: a.shape.last)
        copyChannels(b, from: 0, y, to: a.shape.last, count: b.shape.last)
        return y
    }

    public func stacked(_ parts: [Tensor]) -> Tensor {
        guard let model = parts.first else { preconditionFailure("nothing to stack") }
        let y = allocate(
            model.shape.replacingFirst(with: parts.reduce(0) { $0 + $1.shape.first }), model.type)
        var start = 0
        for part in parts {
            precondition(
                part.type == model.type
                    && part.shape.replacingFirst(with: 0) == model.shape.replacingFirst(with: 0),
                "\(part.type) \(part.shape) on \(model.type) \(model.shape)")
            copy(part, into: y.view(from: start, shape: part.shape))
            start += part.count
        }
        return y
    }

    public func squeeze(_ x: Tensor) -> Tensor {
        let s = x.shape
        precondition(s.rank == 4 && s[1] % 2 == 0 && s[2] % 2 == 0, "squeeze of \(s)")
        let y = allocate([s[0], s[1] / 2, s[2] / 2, 4 * s[3]], x.type)
        forRowPairs(y.shape) { at in
            fc_squeeze(Int32(x.type.byteCount), x.bytes(at: at), y.bytes(at: at), y.shape[2], s[3])
        }
        return y
    }

    public func unsqueeze(_ x: Tensor) -> Tensor {
        let s = x.shape
        precondition(s.rank == 4 && s[3] % 4 == 0, "unsqueeze of \(s)")
        let y = allocate([s[0], 2 * s[1], 2 * s[2], s[3] / 4], x.type)
        forRowPairs(s) { at in
            fc_unsqueeze(Int32(x.type.byteCount), x.bytes(at: at), y.bytes(at: at), s[2], s[3] / 4)
        }
        return y
    }

    /// The first element of every row of pixels of the squeezed shape: it is the first of the pair of rows of the
    /// other, too.
    private func forRowPairs(_ squeezed: Shape, _ body: (Int) -> Void) {
        let size = squeezed[2] * squeezed[3]
        policy.forRanges(squeezed[0] * squeezed[1], grain: max(1, ThreadPolicy.grain / max(size, 1))) {
            range in
            for row in range { body(row * size) }
        }
    }

    public func padded(_ x: Tensor, _ extent: Int) -> Tensor {
        precondition(x.shape.rank == 4 && extent >= 0, "padding \(x.shape) by \(extent)")
        let s = x.shape
        let y = allocate([s[0], s[1] + 2 * extent, s[2] + 2 * extent, s[3]], x.type)
        let edge = extent * s[3] * x.type.byteCount
        forRows(y.shape) { image, row, to in
            let bytes = y.shape[2] * s[3] * x.type.byteCount
            let from = row - extent
            guard from >= 0 && from < s[1] else {
                y.bytes(at: to).initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
                return
            }
            y.bytes(at: to).initializeMemory(as: UInt8.self, repeating: 0, count: edge)
            (y.bytes(at: to) + edge).copyMemory(
                from: x.bytes(at: (image * s[1] + from) * s[2] * s[3]), byteCount: bytes - 2 * edge)
            (y.bytes(at: to) + bytes - edge).initializeMemory(as: UInt8.self, repeating: 0, count: edge)
        }
        return y
    }

    public func cropped(_ x: Tensor, _ extent: Int) -> Tensor {
        let s = x.shape
        precondition(
            s.rank == 4 && extent >= 0 && s[1] > 2 * extent && s[2] > 2 * extent, "crop of \(s) by \(extent)")
        let y = allocate([s[0], s[1] - 2 * extent, s[2] - 2 * extent, s[3]], x.type)
        forRows(y.shape) { image, row, to in
            let from = ((image * s[1] + row + extent) * s[2] + extent) * s[3]
            y.bytes(at: to).copyMemory(
                from: x.bytes(at: from), byteCount: y.shape[2] * s[3] * x.type.byteCount)
        }
        return y
    }

    /// Image, row and first element of every row of pixels.
    private func forRows(_ s: Shape, _ body: (_ image: Int, _ row: Int, _ first: Int) -> Void) {
        policy.forEach(s[0]) { image in
            for row in 0..<s[1] { body(image, row, (image * s[1] + row) * s[2] * s[3]) }
        }
    }
}
