import Foundation
import Tensors

/// The measurements of one sitting and the machine they were made on.
public struct BenchmarkReport: Sendable {
    public let measurements: [Benchmark.Measurement]
    public let cpu: String
    public let isa: String
    public let threads: Int
    /// Of convolution activations, after `auto` has been decided.
    public let precision: String

    init(_ measurements: [Benchmark.Measurement], _ backend: CPUBackend) {
        let summary = Dictionary(uniqueKeysWithValues: backend.summary)
        self.measurements = measurements
        cpu = summary["processor"] ?? "unknown"
        isa = summary["instruction set"] ?? "unknown"
        threads = backend.threads
        precision = backend.reduced.rawValue
    }

    /// One JSON object: milliseconds, peak resident megabytes and GFLOP/s by step, and the machine.
    public func json() throws -> String {
        func byStep(_ value: (Benchmark.Measurement) -> Double) -> [String: Double] {
            Dictionary(
                uniqueKeysWithValues: measurements.map { ($0.step.rawValue, (value($0) * 10).rounded() / 10) }
            )
        }
        let record = Record(
            ms: byStep(\.milliseconds), peak_mb: byStep(\.peakResident), gflops: byStep(\.rate), cpu: cpu,
            isa: isa, threads: threads, precision: precision)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(record), as: UTF8.self)
    }

    /// The names are the format's.
    private struct Record: Encodable {
        let ms, peak_mb, gflops: [String: Double]
        let cpu, isa: String
        let threads: Int
        let precision: String
    }
}
