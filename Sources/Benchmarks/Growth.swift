import Foundation

/// How time and memory of one step grow with one setting, all others fixed.
public struct Growth: Sendable {
    /// What grows.
    public enum Axis: String, CaseIterable, Sendable {
        /// Images of each kind an update.
        case batch
        /// Steps of flow a level.
        case blocks
        /// Hidden channels of the coupling networks.
        case width
        /// K.
        case classes
        /// Images that are classified.
        case images
        /// Labelled images to draw a batch from.
        case labels
        case threads
    }

    /// One value of the axis and what the step took there.
    public struct Point: Sendable {
        public let value: Int
        public let measurement: Benchmark.Measurement

        public init(value: Int, measurement: Benchmark.Measurement) {
            self.value = value
            self.measurement = measurement
        }
    }

    public let axis: Axis
    public let step: BenchmarkStep
    /// The points, by rising value.
    public let points: [Point]

    public init(_ axis: Axis, _ step: BenchmarkStep, _ points: [Point]) {
        self.axis = axis
        self.step = step
        self.points = points.sorted { $0.value < $1.value }
    }

    /// What is looked at: milliseconds, megabytes or operations.
    public typealias Quantity = @Sendable (Benchmark.Measurement) -> Double

    /// e in quantity ∝ valueᵉ over the last two points, where constant parts weigh least: 1 for an exactly linear series. Nil
    /// for fewer points and for quantities that are not positive.
    public func exponent(_ quantity: Quantity) -> Double? {
        guard points.count > 1 else { return nil }
        let (before, last) = (points[points.count - 2], points[points.count - 1])
        let (low, high) = (quantity(before.measurement), quantity(last.measurement))
        guard low > 0, high > 0 else { return nil }
        return log(high / low) / log(Double(last.value) / Double(before.value))
    }

    public var timeExponent: Double? { exponent(\.milliseconds) }
    public var memoryExponent: Double? { exponent(\.peakResident) }
    /// The exponent of the products that the shapes ask for, by which time may grow.
    public var arithmeticExponent: Double? { exponent(\.gigaflop) }

    /// How much an exponent may exceed what is due before it counts as growing faster: 1.15 is 11 % a doubling.
    public static let tolerance = 0.15

    /// Time grows faster than the arithmetic.
    public var isSlowing: Bool { exceeds(timeExponent, arithmeticExponent) }

    /// Memory grows faster than linearly, or than the arithmetic where that does.
    public var isSwelling: Bool { exceeds(memoryExponent, max(1, arithmeticExponent ?? 1)) }

    private func exceeds(_ exponent: Double?, _ due: Double?) -> Bool {
        guard let exponent, let due else { return false }
        return exponent > due + Self.tolerance
    }
}

extension Growth {
    /// The share of a step's time on one thread that more threads do not shorten, after Amdahl:
    /// t(n) = t(1) (s + (1 − s)/n), from the times on one thread and on two. Nil where either was not measured.
    public var serialShare: Double? {
        guard axis == .threads, let one = milliseconds(at: 1), let two = milliseconds(at: 2) else {
            return nil
        }
        return min(max(2 * two / one - 1, 0), 1)
    }

    /// What ``serialShare`` says that n threads take, in milliseconds.
    public func milliseconds(predictedFor threads: Int) -> Double? {
        guard let share = serialShare, let one = milliseconds(at: 1) else { return nil }
        return one * (share + (1 - share) / Double(threads))
    }

    /// What was measured at one value.
    public func milliseconds(at value: Int) -> Double? {
        points.first { $0.value == value }?.measurement.milliseconds
    }
}
