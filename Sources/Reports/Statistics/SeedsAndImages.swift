import System

/// The difference of two methods' mean errors, and how far it would move with other seeds and other test images.
///
/// An image of one seed is x_ij = μ + s_i + u_j + e_ij: seeds i are crossed with images j, because all seeds are tested on
/// the same images. The mean of n seeds and J images has the variance (σ_s² + σ_e²/J)/n + σ_u²/J. A bootstrap of both
/// levels has this variance but for factors such as (n − 1)/n (Owen, *The pigeonhole bootstrap*, Annals of Applied
/// Statistics 1, 2007), and its percentiles know nothing of Student's t: with five seeds its 95 % interval covers 88 %
/// where seeds differ by two points. Therefore both variances are computed here as the bootstrap's, without drawing it and
/// with their factors put right: the first from the spread of the seeds' differences, the second by analysis of variance.
/// Half of the interval is √(t²·v_seeds + z²·v_images): both levels' own half-widths in quadrature (Howe, *Approximate
/// confidence limits on the mean of X + Y*, JASA 69, 1974). Where one level has all the variance this is exact, and it covers
/// 95 to 97 % in between.
public struct SeedsAndImages: Equatable, Sendable {
    /// Mean error of A minus mean error of B, in -1...1.
    public let difference: Double
    /// Each seed's difference; nil where seeds are not paired.
    public let differences: [Double]?
    /// The variance of `difference` by seeds, what images do within a seed included; nil for a single seed.
    let seedVariance: Double?
    /// The degrees of freedom of `seedVariance`.
    let degreesOfFreedom: Double
    /// The variance of `difference` by what all seeds share of the drawn images; nil for a single seed.
    let imageVariance: Double?

    /// Compares two methods of which each seed of one has its twin in the other.
    ///
    /// - Parameters:
    ///   - wrongA: for each seed of A, which images it misses [n][J].
    ///   - wrongB: the same of B, with the same seeds in the same order.
    public init(paired wrongA: [[Bool]], _ wrongB: [[Bool]]) {
        precondition(wrongA.count == wrongB.count)
        let table = CrossedTable(zip(wrongA, wrongB).map { a, b in zip(a, b).map { value($0) - value($1) } })
        difference = table.mean
        differences = table.rowMeans
        degreesOfFreedom = Double(table.rows - 1)
        seedVariance = table.rowVariance.map { $0 / Double(table.rows) }
        imageVariance = table.residual.map {
            max(0, variance(table.columnMeans) - $0 / Double(table.rows)) / Double(table.columns)
        }
    }

    /// Compares two methods whose seeds have nothing to do with each other, by Welch's variance and degrees of freedom.
    ///
    /// - Parameters:
    ///   - wrongA: for each seed of A, which images it misses [n][J].
    ///   - wrongB: the same of B; the number of seeds may differ.
    public init(unpaired wrongA: [[Bool]], _ wrongB: [[Bool]]) {
        let (a, b) = (CrossedTable(wrongA.map { $0.map(value) }), CrossedTable(wrongB.map { $0.map(value) }))
        difference = a.mean - b.mean
        differences = nil
        guard let rowsA = a.rowVariance, let rowsB = b.rowVariance, let restA = a.residual,
            let restB = b.residual
        else {
            (seedVariance, imageVariance, degreesOfFreedom) = (nil, nil, 0)
            return
        }
        let (countA, countB) = (Double(a.rows), Double(b.rows))
        let (partA, partB) = (rowsA / countA, rowsB / countB)
        let sum = partA + partB
        let squares = partA * partA / (countA - 1) + partB * partB / (countB - 1)
        seedVariance = sum
        degreesOfFreedom = squares > 0 ? sum * sum / squares : countA + countB - 2
        let common = variance(zip(a.columnMeans, b.columnMeans).map { $0 - $1 })
        imageVariance = max(0, common - restA / countA - restB / countB) / Double(a.columns)
    }

    /// The 95 % interval of the difference over seeds and images; nil for a single seed.
    public var interval: Interval? {
        guard let seedVariance, let imageVariance else { return nil }
        let t = StudentT(degreesOfFreedom: degreesOfFreedom).quantile(0.975)
        let half = (t * t * seedVariance + normalQuantile * normalQuantile * imageVariance).squareRoot()
        return Interval(lower: difference - half, upper: difference + half)
    }
}

private func value(_ isWrong: Bool) -> Double { isWrong ? 1 : 0 }

private func variance(_ values: [Double]) -> Double {
    let deviation = Summary(values).standardDeviation ?? 0
    return deviation * deviation
}

/// A two-way table with one value a cell, seeds by images.
struct CrossedTable {
    let rows: Int
    let columns: Int
    let mean: Double
    let rowMeans: [Double]
    let columnMeans: [Double]
    /// The residual mean square, which estimates σ_e²; nil for a single row or column.
    let residual: Double?

    init(_ values: [[Double]]) {
        precondition(values.first?.isEmpty == false && values.allSatisfy { $0.count == values[0].count })
        rows = values.count
        columns = values[0].count
        rowMeans = values.map(System.mean)
        let mean = System.mean(rowMeans)
        self.mean = mean
        var sums = [Double](repeating: 0, count: columns)
        for row in values { for (column, value) in row.enumerated() { sums[column] += value } }
        columnMeans = sums.map { [rows] in $0 / Double(rows) }
        var squares = 0.0
        for (row, rowMean) in zip(values, rowMeans) {
            for (value, columnMean) in zip(row, columnMeans) {
                let rest = value - rowMean - columnMean + mean
                squares += rest * rest
            }
        }
        let freedom = Double((rows - 1) * (columns - 1))
        residual = freedom > 0 ? squares / freedom : nil
    }

    /// The sample variance of the rows' means; nil for a single row.
    var rowVariance: Double? { rows > 1 ? variance(rowMeans) : nil }
}
