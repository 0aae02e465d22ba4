/// The variance components of a fully crossed table with one value a cell, every factor drawn at random: what each factor,
/// and what factors together, add to the spread of a value.
///
/// The mean squares of analysis of variance are solved for the components: σ²_S is the sum of (−1)^(|T| − |S|)·MS_T over all sets
/// of factors T that contain S, divided by the number of cells that share one combination of S's levels (Searle, Casella &
/// McCulloch, *Variance Components*, 1992, section 4.3). An estimate may be negative where the component is near 0.
public struct VarianceComponents: Equatable, Sendable {
    /// What a set of factors adds to the variance of a value.
    public struct Component: Equatable, Sendable, Encodable {
        /// The factors, several for an interaction; all of them for the rest.
        public let factors: [String]
        /// The mean square's degrees of freedom.
        public let degreesOfFreedom: Int
        /// The estimate, in the square of the values' unit.
        public let variance: Double
    }

    /// The components of single factors first, then of pairs, and so on; the last one is the rest.
    public let components: [Component]

    /// - Parameters:
    ///   - factors: names with their numbers of levels, each at least 2.
    ///   - values: one a cell, the last factor's level changing fastest.
    public init(factors: [(name: String, levels: Int)], values: [Double]) {
        let counts = factors.map(\.levels)
        precondition(counts.allSatisfy { $0 > 1 } && values.count == counts.reduce(1, *))
        let sets = (0..<(1 << factors.count)).map { bits in factors.indices.filter { bits >> $0 & 1 == 1 } }
        // The squares of an effect are those of the means of its levels, less those of all its parts.
        var squares: [[Int]: Double] = [:]
        for set in sets.sorted(by: { $0.count < $1.count }) {
            let parts = sets.filter { $0.count < set.count && Set($0).isSubset(of: set) }
            squares[set] =
                Self.squaresOfMeans(values, counts, keeping: set)
                - parts.reduce(0) { $0 + (squares[$1] ?? 0) }
        }
        func meanSquare(_ set: [Int]) -> Double { (squares[set] ?? 0) / Double(Self.freedom(set, counts)) }
        let effects = sets.filter { !$0.isEmpty }
            .sorted { ($0.count, $0.first ?? 0, $0.last ?? 0) < ($1.count, $1.first ?? 0, $1.last ?? 0) }
        components = effects.map { set in
            let above = effects.filter { Set(set).isSubset(of: $0) }
            let sum = above.reduce(0) { $0 + ($1.count - set.count).signOfPower * meanSquare($1) }
            let shared = counts.indices.filter { !set.contains($0) }.reduce(1) { $0 * counts[$1] }
            return Component(
                factors: set.map { factors[$0].name }, degreesOfFreedom: Self.freedom(set, counts),
                variance: sum / Double(shared))
        }
    }

    /// The sum of the components, negative estimates taken as 0.
    public var total: Double { components.reduce(0) { $0 + max(0, $1.variance) } }

    private static func freedom(_ set: [Int], _ counts: [Int]) -> Int {
        set.reduce(1) { $0 * (counts[$1] - 1) }
    }

    /// The squares of the means over all cells with the same levels of `set`, summed over all cells.
    private static func squaresOfMeans(_ values: [Double], _ counts: [Int], keeping set: [Int]) -> Double {
        var sums: [Int: (sum: Double, count: Int)] = [:]
        for (cell, value) in values.enumerated() {
            var (rest, key) = (cell, 0)
            for factor in counts.indices.reversed() {
                let level = rest % counts[factor]
                rest /= counts[factor]
                if set.contains(factor) { key = key * counts[factor] + level }
            }
            sums[key, default: (0, 0)].sum += value
            sums[key, default: (0, 0)].count += 1
        }
        return sums.values.reduce(0) { $0 + $1.sum * $1.sum / Double($1.count) }
    }
}

extension Int {
    /// (−1) to the power of the number.
    fileprivate var signOfPower: Double { isMultiple(of: 2) ? 1 : -1 }
}
