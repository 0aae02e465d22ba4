import System

/// What an evaluation of models comes to, the same value from the evaluation to files, tables and pages.
///
/// In JSON its members lie beside those of its owner: every metric of ``Metric/scores`` that is known under its key. A
/// number that is not finite is written as null and missing when it is read.
public struct Scores: Sendable, Equatable {
    private var numbers: [String: Double] = [:]
    /// Temperature scaling; nil where the run held out no training images to fit a temperature on, and in old files.
    public var scaling: TemperatureScaling?
    /// What c leaves out: log Z of the energy.
    public var logZ: LogNormalizer?
    /// Test images by true class (rows) and predicted class.
    public var confusion: [[Int]]?

    public init() {}

    /// The number of a metric; nil where it is not known.
    public subscript(metric: Metric) -> Double? {
        get { numbers[metric.key] }
        set { numbers[metric.key] = newValue }
    }

    /// These scores with those of `others` that they lack.
    public func filled(from others: Scores) -> Scores {
        var copy = self
        copy.numbers.merge(others.numbers) { own, _ in own }
        copy.scaling = scaling ?? others.scaling
        copy.logZ = logZ ?? others.logZ
        copy.confusion = confusion ?? others.confusion
        return copy
    }

    /// The numbers of `metrics` alone.
    package func only(_ metrics: [Metric]) -> Scores {
        var copy = Scores()
        for metric in metrics { copy[metric] = self[metric] }
        return copy
    }

    /// The numbers that `metrics.jsonl` has.
    package var measures: Measures {
        Metric.scores.reduce(into: [:]) { measures, metric in
            if metric.logKey != nil { measures[metric] = self[metric] }
        }
    }
}

extension Scores: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (Metric, Double?)...) {
        for (metric, value) in elements { self[metric] = value }
    }
}

extension Scores: Codable {
    private struct Member: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }

        static let scaling = Member(stringValue: "scaling")
        static let logZ = Member(stringValue: "logZ")
        static let confusion = Member(stringValue: "confusion")
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Member.self)
        for metric in Metric.scores {
            self[metric] = try container.decodeIfPresent(Double.self, forKey: Member(stringValue: metric.key))
        }
        scaling = try container.decodeIfPresent(TemperatureScaling.self, forKey: .scaling)
        logZ = try container.decodeIfPresent(LogNormalizer.self, forKey: .logZ)
        confusion = try container.decodeIfPresent([[Int]].self, forKey: .confusion)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Member.self)
        for metric in Metric.scores {
            try container.encodeIfPresent(self[metric], forKey: Member(stringValue: metric.key))
        }
        try container.encodeIfPresent(scaling, forKey: .scaling)
        try container.encodeIfPresent(logZ, forKey: .logZ)
        try container.encodeIfPresent(confusion, forKey: .confusion)
    }

    /// Writes every key, with null for what is not known.
    package func encodeAll(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Member.self)
        for metric in Metric.scores {
            try container.encode(self[metric], forKey: Member(stringValue: metric.key))
        }
        try container.encode(scaling, forKey: .scaling)
        try container.encode(logZ, forKey: .logZ)
        try container.encode(confusion, forKey: .confusion)
    }
}
