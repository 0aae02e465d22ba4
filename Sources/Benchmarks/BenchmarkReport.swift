import Foundation
import Tensors

/// The measurements of one sitting and the machine they were made on.
public struct BenchmarkReport: Sendable {
    public let measurements: [Benchmark.Measurement]
    public let cpu: String
    public let isa: String
    public let threads: Int
    /// Processes that took the steps together.
    public let ranks: Int
    /// Precision of convolution activations, after `auto` has been decided.
    public let precision: String

    package init(_ measurements: [Benchmark.Measurement], _ backend: any Backend) {
        let summary = Dictionary(uniqueKeysWithValues: backend.summary)
        self.measurements = measurements
        cpu = summary["processor"] ?? "unknown"
        isa = summary["instruction set"] ?? "unknown"
        threads = backend.threads
        ranks = backend.world.size
        precision = backend.reduced.rawValue
    }

    /// One JSON object: milliseconds, peak resident megabytes, GFLOP/s, those of a large product in the same precision and
    /// the share of them, by step, and the machine.
    public func json() throws -> String {
        func byStep(parts: Double = 10, _ value: (Benchmark.Measurement) -> Double) -> [String: Double] {
            let rounded = measurements.map { ($0.step.rawValue, (value($0) * parts).rounded() / parts) }
            return Dictionary(uniqueKeysWithValues: rounded)
        }
        let record = Record(
            ms: byStep { $0.milliseconds }, peak_mb: byStep { $0.peakResident }, gflops: byStep { $0.rate },
            peak_gflops: byStep { $0.peakRate }, of_peak: byStep(parts: 1000) { $0.shareOfPeak }, cpu: cpu,
            isa: isa,
            threads: threads, precision: precision, ranks: ranks > 1 ? ranks : nil,
            sent_mb: ranks > 1 ? byStep { $0.sentMegabytes } : nil,
            of_exchange: ranks > 1 ? byStep(parts: 1000) { $0.shareOfExchange } : nil)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(record), as: UTF8.self)
    }

    /// The names are the format's.
    private struct Record: Encodable {
        let ms, peak_mb, gflops, peak_gflops, of_peak: [String: Double]
        let cpu, isa: String
        let threads: Int
        let precision: String
        let ranks: Int?
        let sent_mb, of_exchange: [String: Double]?
    }
}
