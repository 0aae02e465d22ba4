/// A curve of one line of text.
public enum Sparkline {
    private static let bars = Array("▁▂▃▄▅▆▇█")

    /// The curve in `width` columns at most, each the mean of its share of the values; those that are not finite are
    /// left out. Empty without values.
    public static func text(_ values: [Double], width: Int) -> String {
        let finite = values.filter(\.isFinite)
        guard width > 0, let low = finite.min(), let high = finite.max() else { return "" }
        let count = min(width, finite.count)
        let means = (0..<count).map { column in
            let part = finite[column * finite.count / count..<(column + 1) * finite.count / count]
            return part.reduce(0, +) / Double(part.count)
        }
        return String(means.map { bar(high > low ? ($0 - low) / (high - low) : 0.5) })
    }

    private static func bar(_ share: Double) -> Character {
        bars[min(bars.count - 1, max(0, Int(share * Double(bars.count))))]
    }
}
