import Flows
import Tensors

extension Growth.Axis {
    /// The steps that are measured along the axis: those that it bears on.
    package var steps: [BenchmarkStep] {
        switch self {
        case .batch: [.mle, .ebmPool]
        case .blocks, .width: [.mle]
        case .classes: [.ebmPool]
        case .images: [.infer]
        case .labels: [.ebm]
        case .threads: BenchmarkStep.allCases
        }
    }

    /// The values that are measured, rising.
    public func values(processors: Int = Device.standard.availableProcessors) -> [Int] {
        switch self {
        case .batch: [16, 32, 64, 128, 256, 512]
        case .blocks: [8, 16, 32]
        case .width: [128, 256, 512]
        case .classes: [2, 10, 100, 1000]
        case .images: [500, 2000, 8000]
        case .labels: [100, 1000, 10_000]
        case .threads: [1, 2, 4, 8, 16].filter { $0 <= processors }
        }
    }

    /// `settings` with `value` at the place of the axis.
    ///
    /// - Parameter largest: the axis's last value: all points have as many training images as that one needs.
    package func settings(_ settings: BenchmarkSettings, _ value: Int, largest: Int) -> BenchmarkSettings {
        var changed = settings
        switch self {
        case .batch: changed.batch = value
        case .blocks: changed.flow.blocks = value
        case .width: changed.flow.width = value
        case .classes: (changed.classes, changed.labels, changed.train) = (value, largest, largest)
        case .images: changed.images = value
        case .labels: (changed.labels, changed.train) = (value, largest)
        case .threads: changed.threads = value
        }
        return changed
    }
}

extension Benchmark {
    /// Measures how the steps grow along each of `axes`, at rising values.
    ///
    /// A value whose memory would not fit, judged by the two before it, ends its axis.
    ///
    /// - Parameters:
    ///   - settings: what stays as it is.
    ///   - axes: what grows.
    ///   - values: of an axis; by default those of `Benchmarks/README.md`.
    ///   - measured: called with each step's growth once it is complete.
    ///   - warn: called with what was left out and what makes the numbers mean less than they say.
    /// - Throws: as ``run(_:measured:warn:)``.
    public static func growth(
        _ settings: BenchmarkSettings, along axes: [Growth.Axis] = Growth.Axis.allCases,
        values: (Growth.Axis) -> [Int] = { $0.values() }, measured: (Growth) -> Void = { _ in },
        warn: (String) -> Void = { _ in }
    ) throws -> [Growth] {
        try axes.flatMap { axis in
            try axis.steps.map { step in
                let growth = try growth(settings, axis, step, values(axis), warn)
                measured(growth)
                return growth
            }
        }
    }

    private static func growth(
        _ settings: BenchmarkSettings, _ axis: Growth.Axis, _ step: BenchmarkStep, _ values: [Int],
        _ warn: (String) -> Void
    ) throws -> Growth {
        var growth = Growth(axis, step, [])
        for value in values {
            if let need = growth.megabytes(expectedAt: value), let free = settings.device.availableMemory,
                1e6 * need > Double(free)
            {
                warn(
                    "\(step.rawValue), \(axis.rawValue) \(value): takes about \(Int(need)) MB, "
                        + "\(free / 1_000_000) MB are free; left out")
                break
            }
            let changed = axis.settings(settings, value, largest: values.last ?? value)
            let point = Growth.Point(value: value, measurement: try measure(step, changed, warn))
            growth = Growth(axis, step, growth.points + [point])
        }
        return growth
    }
}

extension Growth {
    /// The peak memory at `value` if tensors go on rising as between the last two points; nil before there are two.
    fileprivate func megabytes(expectedAt value: Int) -> Double? {
        guard points.count > 1 else { return nil }
        let (before, last) = (points[points.count - 2], points[points.count - 1])
        let rise = last.measurement.peakTensors - before.measurement.peakTensors
        return last.measurement.peakResident
            + rise * Double(value - last.value) / Double(last.value - before.value)
    }
}
