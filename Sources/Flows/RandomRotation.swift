import Glibc
import Tensors

/// A random rotation as P·L·U: where an invertible 1×1 convolution starts. P and the signs of U's diagonal stay fixed.
struct RandomRotation: Sendable {
    let lower: [Float]
    let upper: [Float]
    let logDiagonal: [Float]
    let signs: [Float]
    /// Row i of P·A is row `permutation[i]` of A.
    let permutation: [Int]

    init(_ extent: Int, _ key: RandomKey) {
        var a = orthogonalMatrix(extent, key)
        // Doolittle with partial pivoting: rows `order` of the rotation are L·U.
        var order = Array(0..<extent)
        for column in 0..<extent {
            let pivot = (column..<extent).max { abs(a[$0][column]) < abs(a[$1][column]) } ?? column
            a.swapAt(column, pivot)
            order.swapAt(column, pivot)
            for row in column + 1..<max(extent, column + 1) {
                a[row][column] /= a[column][column]
                for k in column + 1..<extent { a[row][k] -= a[row][column] * a[column][k] }
            }
        }
        func entries(_ keep: (Int, Int) -> Bool) -> [Float] {
            (0..<extent * extent).map { index in
                let (i, j) = (index / extent, index % extent)
                return keep(i, j) ? Float(a[i][j]) : 0
            }
        }
        lower = entries { $0 > $1 }
        upper = entries { $0 < $1 }
        signs = (0..<extent).map { a[$0][$0] < 0 ? -1 : 1 }
        logDiagonal = (0..<extent).map { Float(Glibc.log(abs(a[$0][$0]))) }
        var inverse = [Int](repeating: 0, count: extent)
        for (position, row) in order.enumerated() { inverse[row] = position }
        permutation = inverse
    }
}

/// Rows of a uniformly random rotation: normal draws, orthonormalised by modified Gram–Schmidt, twice for accuracy.
private func orthogonalMatrix(_ extent: Int, _ key: RandomKey) -> [[Double]] {
    var stream = RandomStream(key)
    func normal() -> Double {
        (-2 * Glibc.log(1 - stream.uniform())).squareRoot() * Glibc.cos(2 * .pi * stream.uniform())
    }
    var rows = (0..<extent).map { _ in (0..<extent).map { _ in normal() } }
    for _ in 0..<2 {
        for i in 0..<extent {
            for j in 0..<i {
                let projection = zip(rows[i], rows[j]).reduce(0) { $0 + $1.0 * $1.1 }
                for k in 0..<extent { rows[i][k] -= projection * rows[j][k] }
            }
            let norm = rows[i].reduce(0) { $0 + $1 * $1 }.squareRoot()
            for k in 0..<extent { rows[i][k] /= norm }
        }
    }
    return rows
}
