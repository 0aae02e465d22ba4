import Tensors

/// Times the steps a run is made of, through the code that runs make them with.
public enum Benchmark {
    /// What one step takes.
    public struct Measurement: Sendable {
        public let step: BenchmarkStep
        /// Time until the first execution could begin, with images generated and models made and initialised.
        public let startMilliseconds: Double
        /// Median of the timed executions.
        public let milliseconds: Double
        /// Largest resident memory of the process while the step ran, in 10⁶ bytes.
        public let peakResident: Double
        /// The part of it that tensors held at most, in 10⁶ bytes.
        public let peakTensors: Double
        /// Arithmetic of one execution in 10⁹ operations, from the layers' shapes.
        public let gigaflop: Double
        /// What most of the products were computed in.
        public let precision: ScalarType
        /// Rate of a large matrix product in that precision on the same threads, right after the step: 10⁹ operations a second. For
        /// several ranks it is the rate of rank 0 multiplied by their number.
        public let peakRate: Double
        /// Bytes that left rank 0 in one execution, in 10⁶ bytes.
        public var sentMegabytes = 0.0
        /// Share of the time that rank 0 spent in exchanges, waiting for others included.
        public var shareOfExchange = 0.0

        /// Arithmetic over time, 10⁹ operations a second.
        public var rate: Double { gigaflop / milliseconds * 1000 }
        /// The rate as a share of the peak's.
        public var shareOfPeak: Double { rate / peakRate }
    }

    /// Measures the steps of `settings` one after the other, each with its own models and memory.
    ///
    /// - Parameters:
    ///   - settings: steps, sizes and threads.
    ///   - measured: called after each.
    ///   - warn: called with what makes the numbers mean less than they say.
    /// - Throws: `UserError(.recipe)` for a precision or a number of threads that the machine does not have.
    public static func run(
        _ settings: BenchmarkSettings, measured: (Measurement) -> Void = { _ in },
        warn: (String) -> Void = { _ in }
    ) throws -> BenchmarkReport {
        let measurements = try settings.steps.map { step in
            let measurement = try measure(step, settings, warn)
            measured(measurement)
            return measurement
        }
        return try report(measurements, settings)
    }

    /// What was measured with `settings`, and the machine.
    public static func report(
        _ measurements: [Measurement], _ settings: BenchmarkSettings
    ) throws -> BenchmarkReport {
        let backend = try settings.device.open(
            threads: settings.threads, precision: settings.precision, world: settings.world)
        return BenchmarkReport(measurements, backend)
    }

    package static func measure(
        _ step: BenchmarkStep, _ settings: BenchmarkSettings, _ warn: (String) -> Void
    ) throws -> Measurement {
        let timed = try TimedStep(step, settings, warn)
        for _ in 0..<settings.runs { _ = try timed.time() }
        return try timed.measurement()
    }
}
