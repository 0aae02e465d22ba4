import RealModule

extension Matrix {
    /// log |det| by Gaussian elimination with partial pivoting.
    var logAbsoluteDeterminant: Double {
        var a = self
        var result = 0.0
        for k in 0..<rows {
            let pivot = (k..<rows).max { abs(a[$0, k]) < abs(a[$1, k]) } ?? k
            a.swapRows(k, pivot)
            result += .log(abs(a[k, k]))
            for i in k + 1..<rows { a.subtractRow(k, times: a[i, k] / a[k, k], from: i) }
        }
        return result
    }

    /// By Gauss–Jordan elimination with partial pivoting.
    var inverse: Matrix {
        precondition(rows == columns, "\(rows) × \(columns) has no inverse")
        var a = self
        var result = Matrix(rows, rows)
        for i in 0..<rows { result[i, i] = 1 }
        for k in 0..<rows {
            let pivot = (k..<rows).max { abs(a[$0, k]) < abs(a[$1, k]) } ?? k
            a.swapRows(k, pivot)
            result.swapRows(k, pivot)
            let scale = 1 / a[k, k]
            a.scaleRow(k, by: scale)
            result.scaleRow(k, by: scale)
            for i in 0..<rows where i != k {
                let factor = a[i, k]
                a.subtractRow(k, times: factor, from: i)
                result.subtractRow(k, times: factor, from: i)
            }
        }
        return result
    }

    mutating func swapRows(_ i: Int, _ j: Int) {
        guard i != j else { return }
        for k in 0..<columns { values.swapAt(i * columns + k, j * columns + k) }
    }

    private mutating func scaleRow(_ i: Int, by factor: Double) {
        for k in 0..<columns { self[i, k] *= factor }
    }

    mutating func subtractRow(_ source: Int, times factor: Double, from target: Int) {
        for k in 0..<columns { self[target, k] -= factor * self[source, k] }
    }
}
