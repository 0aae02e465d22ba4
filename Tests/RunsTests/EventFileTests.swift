import Foundation
import TestSupport
import Testing

@testable import Benchmarks
@testable import Costs
@testable import Evaluation
@testable import Methods
@testable import Recipes
@testable import Runs
@testable import Tables
@testable import Training

@Suite struct EventFileTests {
    @Test func theChecksumIsThatOfRFC3720() {
        #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
        #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(CRC32C.checksum(0..<32) == 0x46DD_794E)
    }

    @Test func recordsAreReadBack() throws {
        let long = String(repeating: "tag", count: 99)
        let values = [("a", 1.5), (long, -2e-8), ("nan", .nan)]
        let bytes =
            EventRecord.version(time: 1e9 + 0.25)
            + EventRecord.scalars(values.map { (tag: $0.0, value: $0.1) }, step: 300_000_000_000, time: 2)
        let events = try decodeEvents(Data(bytes))
        #expect(events.count == 2 && events[0].version == "brain.Event:2" && events[0].time == 1e9 + 0.25)
        #expect(events[1].step == 300_000_000_000 && events[1].time == 2)
        #expect(events[1].values["a"] == 1.5 && events[1].values[long] == -2e-8)
        #expect(events[1].values["nan"]?.isNaN == true)
        for index in bytes.indices {
            var broken = bytes
            broken[index] ^= 1
            #expect(throws: EventError.self) { try decodeEvents(Data(broken)) }
        }
    }

    private func row(_ step: Int, _ value: Double, event: String? = nil) -> MetricsRow {
        MetricsRow(
            phase: "energy", phaseIndex: 1, step: step, time: Double(step) / 4, event: event,
            values: ["value": value])
    }

    private func run(_ path: String, resume: Bool = false) throws -> RunDirectory {
        let recipe = try Recipe.parse(smallRecipe, file: "tests/small.toml")
        return try RunDirectory(
            at: path, recipe: recipe, header: .test(recipe), split: .test(), resume: resume)
    }

    @Test func theFileGrowsWithTheMetricsAndIsCutWithThem() throws {
        try withScratch { folder in
            let directory = try run("\(folder)/run")
            let events = try EventFile(directory.files)
            for step in 1...3 {
                try directory.metrics.append(row(step, Double(step)))
                try events.append(row(step, Double(step)))
            }
            try events.append(row(3, 9, event: "switch"))
            let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/run/tensorboard")
            // 2025-01-01T00:00:00Z of the header.
            #expect(names == ["events.out.tfevents.1735689600.fce"])
            let path = "\(folder)/run/tensorboard/\(names[0])"
            func read() throws -> [DecodedEvent] {
                try decodeEvents(try Data(contentsOf: URL(fileURLWithPath: path)))
            }
            #expect(try read().map(\.step) == [0, 1, 2, 3])
            #expect(try read()[2].values == ["2-energy/value": 2])
            #expect(try read()[2].time == 1735689600.5)
            // A resumed run has the first row only, and goes on.
            let first = try #require(SystemCallLength.ofFirstLine("\(folder)/run/metrics.jsonl"))
            #expect(try directory.metrics.truncate(to: first))
            let resumed = try EventFile(directory.files)
            try resumed.append(row(2, 2))
            #expect(try read().map(\.step) == [0, 1, 2])
            // And so does one whose event file is torn, or was never written.
            try Data("torn".utf8).write(to: URL(fileURLWithPath: path))
            _ = try EventFile(directory.files)
            #expect(try read().map(\.step) == [0, 1])
        }
    }

    @Test func aFinishedRunIsWrittenAtOnce() throws {
        try withScratch { folder in
            let directory = try run("\(folder)/run")
            try directory.metrics.append(row(5, 2.5))
            try directory.metrics.append(row(6, .nan))
            try directory.metrics.append(row(6, 1, event: "phaseEnd"))
            let path = try directory.files.writeEvents(in: "\(folder)/deep/events")
            let events = try decodeEvents(try Data(contentsOf: URL(fileURLWithPath: path)))
            #expect(events.map(\.step) == [0, 5, 6, 6])
            #expect(events[2].values["2-energy/value"]?.isNaN == true)
            #expect(events[3].values["2-energy/value"] == 1)
        }
    }
}

private enum SystemCallLength {
    /// Bytes of a file up to its first line end.
    static func ofFirstLine(_ path: String) -> Int? {
        FileManager.default.contents(atPath: path)?.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 }
    }
}
