import Foundation
import System

/// A run's metrics as a TensorBoard event file, which grows with `metrics.jsonl`.
package final class EventFile {
    private let file: MetricsWriter
    private let start: Double

    /// Opens the event file in the run's folder `tensorboard`, and brings it to what `metrics.jsonl` has.
    ///
    /// A run that is resumed writes lines again that were cut. Their events have the same length and differ in their
    /// times only, so that the file is cut in place, and a TensorBoard that has read further reads on.
    /// - Throws: `UserError(.output)` when it cannot be written.
    package init(_ files: RunFiles) throws {
        start = files.startTime
        let path = try files.eventPath(in: files.file("tensorboard"))
        let events = try files.events()
        let isBeginning = (Files.contents(path) ?? []).starts(with: events)
        if !isBeginning { try events.write(to: path) }
        file = try MetricsWriter(path: path)
        _ = try file.truncate(to: events.count)
    }

    package func append(_ row: MetricsRow) throws { try file.append(row.event(since: start)[...]) }
}

extension RunFiles {
    /// Writes all that `metrics.jsonl` has as a TensorBoard event file, in place of an earlier one.
    ///
    /// - Parameter folder: where to write it; nil for the run's folder `tensorboard`.
    /// - Returns: the file's path.
    /// - Throws: `UserError(.missing)` or `.data` where metrics or header cannot be read, `.output` when nothing can be
    ///   written.
    @discardableResult
    public func writeEvents(in folder: String? = nil) throws -> String {
        let path = try eventPath(in: folder ?? file("tensorboard"))
        let events = try events()
        try events.write(to: path)
        return path
    }

    fileprivate func events() throws -> [UInt8] {
        let start = startTime
        return EventRecord.version(time: start) + (try metrics().rows.flatMap { $0.event(since: start) })
    }

    /// The name says when the run began, as TensorBoard wants it, and not on which machine.
    fileprivate func eventPath(in folder: String) throws -> String {
        try Files.makeFolder(folder)
        return "\(folder)/events.out.tfevents.\(Int(startTime)).fce"
    }

    /// When the run began, in seconds since 1970; 0 where the header does not tell.
    fileprivate var startTime: Double {
        let date = (try? header()).flatMap { try? Date($0.startedAt, strategy: .iso8601) }
        return date?.timeIntervalSince1970 ?? 0
    }
}

extension MetricsRow {
    /// The row's numbers as an event, their tags `3-joint/value`; nothing for a row without numbers, and for switches,
    /// whose counts other rows have too.
    fileprivate func event(since start: Double) -> [UInt8] {
        guard !values.isEmpty, event == nil || event == "phaseEnd" else { return [] }
        let scalars = values.sorted { $0.key < $1.key }.map {
            (tag: "\(phaseIndex + 1)-\(phase)/\($0.key)", value: $0.value)
        }
        return EventRecord.scalars(scalars, step: step, time: start + time)
    }
}

extension [UInt8] {
    fileprivate func write(to path: String) throws {
        try AtomicFile.write(to: path) { file in try withUnsafeBytes { try file.append($0) } }
    }
}
