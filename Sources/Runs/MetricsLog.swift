import Foundation
import System

/// What `metrics.jsonl` holds, for reports.
public struct MetricsLog: Sendable {
    /// One quantity over a run, in the order it was written. All arrays have one entry a point.
    public struct Column: Sendable, Equatable {
        public var phaseIndices: [Int] = []
        /// Within the phase.
        public var steps: [Int] = []
        /// Seconds of training.
        public var times: [Double] = []
        /// NaN where the quantity was not finite.
        public var values: [Double] = []

        public init() {}

        /// The points of one phase.
        public func phase(_ index: Int) -> Column {
            var column = Column()
            for i in phaseIndices.indices where phaseIndices[i] == index {
                column.append(phaseIndex: index, step: steps[i], time: times[i], value: values[i])
            }
            return column
        }

        fileprivate mutating func append(phaseIndex: Int, step: Int, time: Double, value: Double) {
            phaseIndices.append(phaseIndex)
            steps.append(step)
            times.append(time)
            values.append(value)
        }
    }

    public let rows: [MetricsRow]

    /// Reads the file at `path`. A torn last line, of a run that was killed or is still writing, is left out.
    ///
    /// Throws `UserError(.missing)` when the file cannot be read, `UserError(.data)` with the line of the first
    /// that is not a row of metrics.
    public init(path: String) throws {
        guard let bytes = Files.contents(path) else {
            throw UserError(
                .missing, "cannot read: \(SystemCall.reason)", at: path, advice: "is this a run directory?")
        }
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        // The part after the last line end is empty, or torn.
        rows = try lines.dropLast().enumerated().map { index, line in
            do {
                return try decodedJSON(MetricsRow.self, printableJSON(Array(line)))
            } catch {
                throw UserError(
                    .data, "not a line of metrics", at: "\(path):\(index + 1)", advice: "delete the line")
            }
        }
    }

    /// The names of all quantities, sorted.
    public var keys: [String] { Set(rows.flatMap(\.values.keys)).sorted() }

    /// The points of a quantity; empty when it was never written. Events are not among them.
    public func column(_ key: String) -> Column {
        var column = Column()
        for row in rows where row.event == nil {
            guard let value = row.values[key] else { continue }
            column.append(phaseIndex: row.phaseIndex, step: row.step, time: row.time, value: value)
        }
        return column
    }

    /// The rows of an event, such as `switch`.
    public func events(_ name: String) -> [MetricsRow] { rows.filter { $0.event == name } }
}
