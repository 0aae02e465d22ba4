import EnergyModels
import Foundation
import Runs
import Tensors

/// How the steps grow along every axis of one sitting, and what it was measured with.
public struct GrowthReport: Sendable {
    public let growths: [Growth]
    public let machine: MachineRecord
    /// The energy's network, the batch where it does not grow, and the executions that a time is the median of.
    public let network: String
    public let batch: Int
    public let runs: Int

    public init(_ growths: [Growth], _ settings: BenchmarkSettings, _ machine: MachineRecord) {
        self.growths = growths
        self.machine = machine
        (network, batch, runs) = (settings.network.rawValue, settings.batch, settings.runs)
    }

    /// Measures it; see ``Benchmark/growth(_:along:values:measured:warn:)``.
    /// - Throws: `UserError(.recipe)` for a precision or a number of threads that the machine does not have.
    public init(
        measuring settings: BenchmarkSettings, along axes: [Growth.Axis] = Growth.Axis.allCases,
        values: (Growth.Axis) -> [Int] = { $0.values() }, measured: (Growth) -> Void = { _ in },
        warn: (String) -> Void = { _ in }
    ) throws {
        let machine = MachineRecord(
            try settings.device.open(threads: settings.threads, precision: settings.precision))
        let growths = try Benchmark.growth(
            settings, along: axes, values: values, measured: measured, warn: warn)
        self.init(growths, settings, machine)
    }

    /// One JSON object: points and exponents by axis and step, and the machine.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let record = Record(
            growth: growths.map(GrowthRecord.init), machine: machine, network: network, batch: batch,
            runs: runs)
        return String(decoding: try encoder.encode(record), as: UTF8.self)
    }

    private struct Record: Encodable {
        let growth: [GrowthRecord]
        let machine: MachineRecord
        let network: String
        let batch, runs: Int
    }

    /// The names are the format's.
    private struct GrowthRecord: Encodable {
        let axis, step: String
        let points: [PointRecord]
        let time_exponent, memory_exponent, arithmetic_exponent, serial_share: Double?

        init(_ growth: Growth) {
            (axis, step) = (growth.axis.rawValue, growth.step.rawValue)
            points = growth.points.map(PointRecord.init)
            time_exponent = growth.timeExponent.map(thousandths)
            memory_exponent = growth.memoryExponent.map(thousandths)
            arithmetic_exponent = growth.arithmeticExponent.map(thousandths)
            serial_share = growth.serialShare.map(thousandths)
        }
    }

    private struct PointRecord: Encodable {
        let value: Int
        let ms, start_ms, peak_mb, tensors_mb, gflop: Double

        init(_ point: Growth.Point) {
            let measurement = point.measurement
            value = point.value
            (ms, start_ms) = (
                thousandths(measurement.milliseconds), thousandths(measurement.startMilliseconds)
            )
            (peak_mb, tensors_mb) = (
                thousandths(measurement.peakResident), thousandths(measurement.peakTensors)
            )
            gflop = thousandths(measurement.gigaflop)
        }
    }
}

private func thousandths(_ number: Double) -> Double { (number * 1000).rounded() / 1000 }
