import System
import Tensors

/// One step with its own models and memory, warmed up, which is timed whenever its owner wants.
public final class TimedStep {
    private let step: BenchmarkStep
    private let settings: BenchmarkSettings
    private let subject: BenchmarkSubject
    private let startMilliseconds: Double
    private let clock = ContinuousClock()
    private var times: [Double] = []
    private var traffic = World.Traffic()

    /// Builds and initialises the models, and runs the step twice without counting it.
    ///
    /// - Parameter warn: called with what makes the numbers mean less than they say.
    /// - Throws: `UserError(.recipe)` for a precision or a number of threads that the machine does not have.
    public init(_ step: BenchmarkStep, _ settings: BenchmarkSettings, _ warn: (String) -> Void) throws {
        (self.step, self.settings) = (step, settings)
        let start = clock.now
        subject = try BenchmarkSubject(step, settings)
        startMilliseconds = (clock.now - start) / .milliseconds(1)
        if !ResidentMemory.resetPeak() {
            warn("\(step.rawValue): this system does not reset peak memory; its peak is the process's so far")
        }
        subject.backend.resetPeak()
        for _ in 0..<2 { try subject.run() }
    }

    /// Runs the step once.
    /// - Returns: milliseconds.
    public func time() throws -> Double {
        let before = settings.world.traffic
        let milliseconds = try clock.measure { try subject.run() } / .milliseconds(1)
        times.append(milliseconds)
        traffic = traffic + (settings.world.traffic - before)
        return milliseconds
    }

    /// What all executions so far say together, beside the rate of a large matrix product that is measured now.
    public func measurement() throws -> Benchmark.Measurement {
        precondition(!times.isEmpty, "a measurement needs an execution")
        // Memory is read before the products that measure the peak rate, because they have memory of their own.
        let (resident, tensors) = (ResidentMemory.peak ?? 0, subject.backend.memory.peak)
        let precision = step.precision(subject.backend)
        return Benchmark.Measurement(
            step: step, startMilliseconds: startMilliseconds, milliseconds: times.sorted()[times.count / 2],
            peakResident: 1e-6 * Double(resident), peakTensors: 1e-6 * Double(tensors),
            gigaflop: 1e-9 * step.operations(settings), precision: precision,
            peakRate: Double(settings.world.size)
                * (try settings.device.measurePeak(of: precision, threads: settings.threads)),
            sentMegabytes: 1e-6 * Double(traffic.bytes) / Double(times.count),
            shareOfExchange: 1000 * traffic.seconds / times.reduce(0, +))
    }
}
