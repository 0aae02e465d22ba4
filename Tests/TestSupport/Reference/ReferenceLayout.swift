import Tensors

extension ReferenceBackend {
    public func channels(_ x: Tensor, _ range: Range<Int>) -> Tensor {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= x.shape.last, "channels \(range) of \(x.shape)")
        let values = doubles(x).enumerated().filter { range.contains($0.offset % x.shape.last) }.map(
            \.element)
        return tensor(values, x.shape.replacingLast(with: range.count), x.type)
    }

    public func concatenated(_ a: Tensor, _ b: Tensor) -> Tensor {
        let (left, right) = (Matrix(rowsOf: a, doubles(a)), Matrix(rowsOf: b, doubles(b)))
        precondition(a.shape.replacingLast(with: right.columns) == b.shape, "\(a.shape) beside \(b.shape)")
        var y = Matrix(left.rows, left.columns + right.columns)
        for i in 0..<y.rows {
            for j in 0..<y.columns { y[i, j] = j < left.columns ? left[i, j] : right[i, j - left.columns] }
        }
        return tensor(y.values, a.shape.replacingLast(with: y.columns), a.type)
    }

    public func stacked(_ parts: [Tensor]) -> Tensor {
        let extent = parts.reduce(0) { $0 + $1.shape.first }
        let shape = parts[0].shape.replacingFirst(with: extent)
        return tensor(parts.flatMap(doubles), shape, parts[0].type)
    }

    public func squeeze(_ x: Tensor) -> Tensor {
        let x = array4(x)
        precondition(x.h % 2 == 0 && x.w % 2 == 0, "odd extents: \(x.shape)")
        var y = Array4(zeros: [x.n, x.h / 2, x.w / 2, 4 * x.c])
        x.forEachIndex { n, h, w, c in y[n, h / 2, w / 2, 4 * c + 2 * (h % 2) + w % 2] = x[n, h, w, c] }
        return tensor(y)
    }

    public func unsqueeze(_ x: Tensor) -> Tensor {
        let x = array4(x)
        precondition(x.c % 4 == 0, "channels not divisible by 4: \(x.shape)")
        var y = Array4(zeros: [x.n, 2 * x.h, 2 * x.w, x.c / 4])
        y.forEachIndex { n, h, w, c in y[n, h, w, c] = x[n, h / 2, w / 2, 4 * c + 2 * (h % 2) + w % 2] }
        return tensor(y)
    }

    public func padded(_ x: Tensor, _ extent: Int) -> Tensor {
        let x = array4(x)
        var y = Array4(zeros: [x.n, x.h + 2 * extent, x.w + 2 * extent, x.c])
        x.forEachIndex { n, h, w, c in y[n, h + extent, w + extent, c] = x[n, h, w, c] }
        return tensor(y)
    }

    public func cropped(_ x: Tensor, _ extent: Int) -> Tensor {
        let x = array4(x)
        var y = Array4(zeros: [x.n, x.h - 2 * extent, x.w - 2 * extent, x.c])
        y.forEachIndex { n, h, w, c in y[n, h, w, c] = x[n, h + extent, w + extent, c] }
        return tensor(y)
    }
}
