import System

/// A number that says something of a model or of an update: what files call it, and how people read it.
public struct Metric: Sendable {
    /// The key in `result.json`, `evaluation.json` and JSON output.
    public private(set) var key: String
    /// The key in `metrics.jsonl`; nil for a score that is not logged.
    public private(set) var logKey: String?
    /// What it is called, without its unit.
    public let title: String
    public let unit: Unit
    /// Decimals in tables and on pages.
    public let decimals: Int
    /// Nil for a number that is neither good nor bad.
    public let isLowerBetter: Bool?
    /// Whether places that list scores leave it out where it is not known, rather than say so.
    public let isRare: Bool
    /// What stands behind the unit where there is room: how the number is to be taken.
    public let remark: String
    /// What the places where it is shown call it; nil: its title, wherever scores are.
    private let names: [Place: String]?
    /// The column of tables of results; nil for none.
    public let column: Column?
    /// The curve in a phase's charts; nil for none.
    public let curve: Curve?

    public init(
        _ key: String, log logKey: String? = nil, _ title: String, _ unit: Unit, decimals: Int? = nil,
        isLowerBetter: Bool? = nil, isRare: Bool = false, remark: String = "", names: [Place: String]? = nil,
        column: Column? = nil, curve: Curve? = nil
    ) {
        self.key = key
        self.logKey = logKey
        self.title = title
        self.unit = unit
        self.decimals = decimals ?? unit.decimals
        self.isLowerBetter = isLowerBetter
        self.isRare = isRare
        self.remark = remark
        self.names = names
        self.column = column
        self.curve = curve
    }

    /// A number of an update or of a test during training, which `metrics.jsonl` has under `key`.
    public init(
        logged key: String, _ title: String, _ unit: Unit = .number, isLowerBetter: Bool? = nil,
        names: [Place: String] = [:], curve: Curve? = nil
    ) {
        self.init(
            key, log: key, title, unit, isLowerBetter: isLowerBetter, names: names, curve: curve)
    }

    /// The same number of another part of the model, whose name `metrics.jsonl` has behind the key.
    package func suffixed(_ part: String) -> Metric {
        var copy = self
        copy.key += part
        copy.logKey? += part
        return copy
    }

    /// What `place` calls it; nil where it is not shown.
    public func name(at place: Place) -> String? {
        if let names { return names[place] }
        switch place {
        case .evaluation: return title
        case .headline, .phases, .card: return heading
        case .summary, .progress, .watch: return nil
        }
    }
}

extension Metric {
    /// Where people read numbers.
    public enum Place: Sendable, CaseIterable {
        /// The lines of `fce eval`.
        case evaluation
        /// The numbers at the head of a run's page.
        case headline
        /// The table of phases on a run's page.
        case phases
        /// A model card's table.
        case card
        /// The line that is logged when a phase ends.
        case summary
        /// The line of progress.
        case progress
        /// The lines of `fce watch`.
        case watch
    }

    /// What a number is measured in.
    public enum Unit: Sendable {
        /// A share in 0...1, shown as percent.
        case share
        case nats, squaredNats, bitsPerDimension
        /// A pure number.
        case number

        public var symbol: String {
            switch self {
            case .share: "%"
            case .nats: "nats"
            case .squaredNats: "nats²"
            case .bitsPerDimension: "bits/dim"
            case .number: ""
            }
        }

        /// What values are multiplied by to be shown in `symbol`.
        public var scale: Double { self == .share ? 100 : 1 }

        fileprivate var decimals: Int {
            switch self {
            case .share: 2
            case .squaredNats: 4
            case .nats, .bitsPerDimension, .number: 3
            }
        }
    }

    /// How a table of results shows the mean over seeds.
    public struct Column: Sendable {
        public let title: String
        /// The key in a table's JSON. CSV has the same in snake case.
        public let key: String
        /// Whether the sample standard deviation over seeds stands beside the mean.
        public let hasDeviation: Bool

        public init(_ title: String, key: String, hasDeviation: Bool = false) {
            self.title = title
            self.key = key
            self.hasDeviation = hasDeviation
        }
    }

    /// A curve over the updates of a phase.
    public struct Curve: Sendable {
        /// The chart that draws it, with others of its kind.
        public let chart: MetricChart
        /// Its name in the legend.
        public let label: String

        public init(_ chart: MetricChart, _ label: String) {
            self.chart = chart
            self.label = label
        }
    }
}

// MARK: - Text

extension Metric {
    /// The title with the unit, and with a word where the score is not one that should fall as most should.
    public var heading: String {
        (unit == .number ? title : "\(title), \(unit.symbol)")
            + (isLowerBetter == false ? " (higher is better)" : "")
    }

    /// The value in the metric's unit, for columns that name the unit.
    public func text(_ value: Double?) -> String { fixed(value.map { unit.scale * $0 }, decimals) }

    /// The same with the unit.
    public func textWithUnit(_ value: Double?) -> String {
        fixed(value.map { unit.scale * $0 }, decimals, unit.symbol)
    }

    /// The value for whoever asks for one run alone: four decimals, of percent two, with unit and remark.
    public func exactText(_ value: Double?) -> String {
        fixed(value.map { unit.scale * $0 }, unit == .share ? 2 : 4, unit.symbol + remark)
    }
}
