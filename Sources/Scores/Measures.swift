/// What an update or a test has measured: numbers under the ``Metric`` that declares each, in the order in which they were set.
///
/// `metrics.jsonl` has them under the metrics' keys. A method declares what it measures as values of ``Metric`` and names no
/// key: `measures[.labelLoss] = loss`.
public struct Measures: Sendable {
    private var entries: [(metric: Metric, value: Double)] = []

    public init() {}

    /// The number of a metric; nil where it was not measured.
    public subscript(metric: Metric) -> Double? {
        get { index(of: metric).map { entries[$0].value } }
        set {
            switch (index(of: metric), newValue) {
            case (let index?, let value?): entries[index].value = value
            case (let index?, nil): entries.remove(at: index)
            case (nil, let value?): entries.append((metric, value))
            case (nil, nil): break
            }
        }
    }

    private func index(of metric: Metric) -> Int? { entries.firstIndex { $0.metric.key == metric.key } }

    /// Takes over the numbers of `others`, which count where both have one.
    public mutating func merge(_ others: Measures) {
        for (metric, value) in others { self[metric] = value }
    }

    /// These numbers and those of `others`, which count where both have one.
    public func merging(_ others: Measures) -> Measures {
        var copy = self
        copy.merge(others)
        return copy
    }

    /// The numbers by the names that `metrics.jsonl` uses. Those of metrics that are not logged are left out.
    public var logged: [String: Double] {
        entries.reduce(into: [:]) { logged, entry in
            if let key = entry.metric.logKey { logged[key] = entry.value }
        }
    }
}

extension Measures: RandomAccessCollection {
    public var startIndex: Int { entries.startIndex }
    public var endIndex: Int { entries.endIndex }
    public subscript(position: Int) -> (metric: Metric, value: Double) { entries[position] }
}

extension Measures: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (Metric, Double?)...) {
        for (metric, value) in elements { self[metric] = value }
    }
}

extension Measures: CustomStringConvertible {
    /// `labelLoss 1.25, value -0.5`.
    public var description: String {
        entries.map { "\($0.metric.logKey ?? $0.metric.key) \($0.value)" }.joined(separator: ", ")
    }
}
