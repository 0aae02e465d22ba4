import Tensors

/// A matrix `[rows, columns]` with the subscripts of mathematics.
struct Matrix {
    let rows: Int
    let columns: Int
    var values: [Double]

    init(_ rows: Int, _ columns: Int) {
        self.init(rows, columns, [Double](repeating: 0, count: rows * columns))
    }

    init(_ rows: Int, _ columns: Int, _ values: [Double]) {
        precondition(values.count == rows * columns, "\(values.count) values for \(rows) × \(columns)")
        self.rows = rows
        self.columns = columns
        self.values = values
    }

    /// Any tensor as rows along its last axis.
    init(rowsOf x: Tensor, _ values: [Double]) { self.init(x.count / x.shape.last, x.shape.last, values) }

    subscript(i: Int, j: Int) -> Double {
        get { values[i * columns + j] }
        set { values[i * columns + j] = newValue }
    }

    var transposed: Matrix {
        var result = Matrix(columns, rows)
        for i in 0..<rows { for j in 0..<columns { result[j, i] = self[i, j] } }
        return result
    }

    static func * (a: Matrix, b: Matrix) -> Matrix {
        precondition(a.columns == b.rows, "product of \(a.columns) columns and \(b.rows) rows")
        var result = Matrix(a.rows, b.columns)
        for i in 0..<a.rows {
            for j in 0..<b.columns {
                for k in 0..<a.columns { result[i, j] += a[i, k] * b[k, j] }
            }
        }
        return result
    }
}

/// Four axes: images `[N, H, W, C]` or weights `[kh, kw, C, O]`.
struct Array4 {
    let n: Int
    let h: Int
    let w: Int
    let c: Int
    var values: [Double]

    init(_ shape: Shape, _ values: [Double]) {
        precondition(shape.rank == 4 && values.count == shape.count, "four axes expected, not \(shape)")
        (n, h, w, c) = (shape[0], shape[1], shape[2], shape[3])
        self.values = values
    }

    init(zeros shape: Shape) { self.init(shape, [Double](repeating: 0, count: shape.count)) }

    var shape: Shape { [n, h, w, c] }

    subscript(i: Int, j: Int, k: Int, l: Int) -> Double {
        get { values[((i * h + j) * w + k) * c + l] }
        set { values[((i * h + j) * w + k) * c + l] = newValue }
    }

    /// Calls `body` with every index.
    func forEachIndex(_ body: (Int, Int, Int, Int) -> Void) {
        for i in 0..<n { for j in 0..<h { for k in 0..<w { for l in 0..<c { body(i, j, k, l) } } } }
    }
}

extension ReferenceBackend {
    func array4(_ x: Tensor) -> Array4 { Array4(x.shape, doubles(x)) }
    func matrix(_ x: Tensor) -> Matrix { Matrix(x.shape.first, x.shape.rowCount, doubles(x)) }
    func tensor(_ x: Array4) -> Tensor { tensor(x.values, x.shape, .float64) }
    func tensor(_ x: Matrix) -> Tensor { tensor(x.values, [x.rows, x.columns], .float64) }
    func vector(_ values: [Double]) -> Tensor { tensor(values, [values.count], .float64) }
}
