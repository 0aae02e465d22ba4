import System
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

@Suite struct MetricsTests {
    private let lines = """
        {"phase":"energy","phaseIndex":1,"step":10,"time":0.5,"value":-1.5,"gateEMA":0.75}
        {"phase":"energy","phaseIndex":1,"step":20,"time":1,"value":null}
        {"phase":"joint","phaseIndex":2,"step":1,"time":2,"event":"switch","to":"flow","value":9}
        {"phase":"joint","phaseIndex":2,"step":2,"time":3e0,"value":-1}

        """

    private func log(_ text: String) throws -> MetricsLog {
        try withScratch { folder in
            try write(text, to: "\(folder)/m.jsonl")
            return try MetricsLog(path: "\(folder)/m.jsonl")
        }
    }

    @Test func columnsAndEvents() throws {
        let log = try log(lines)
        #expect(log.rows.count == 4)
        #expect(log.keys == ["gateEMA", "value"])
        let value = log.column("value")
        #expect(value.steps == [10, 20, 2])
        #expect(value.phaseIndices == [1, 1, 2])
        #expect(value.times == [0.5, 1, 3])
        #expect(value.values[0] == -1.5 && value.values[1].isNaN && value.values[2] == -1)
        #expect(value.phase(2).steps == [2])
        #expect(log.column("nothing") == MetricsLog.Column())
        #expect(log.events("switch").map(\.words) == [["to": "flow"]])
    }

    @Test func tornLastLineIsLeftOut() throws {
        let whole = try log(lines).rows.count
        for length in [1, 20, 60] {
            #expect(try log(String(lines.dropLast(length))).rows.count == whole - 1)
        }
    }

    @Test(arguments: [
        "{}", "nonsense", "", "{\"phase\":\"x\",\"phaseIndex\":0.5,\"step\":1,\"time\":1}", "[1]",
    ])
    func brokenLinesHaveTheirNumber(line: String) {
        let error = #expect(throws: UserError.self) {
            try log(
                lines.replacing(
                    "{\"phase\":\"energy\",\"phaseIndex\":1,\"step\":20,\"time\":1,\"value\":null}",
                    with: line))
        }
        #expect(error?.kind == .data)
        #expect(error?.place?.hasSuffix("m.jsonl:2") == true)
    }

    @Test func rowsRoundTrip() throws {
        let row = MetricsRow(
            phase: "a \"b\"\\π", phaseIndex: 2, step: 3, time: 1.0 / 3, event: "switch",
            values: ["x": 1e-300, "y": -7, "z": 1e300], words: ["to": "flow"])
        #expect(try log(row.line).rows == [row])
        // A stranger's control characters reach nobody's terminal.
        let steering = MetricsRow(phase: "a\n\u{1}", phaseIndex: 2, step: 3, time: 1)
        #expect(steering.line.filter(\.isNewline) == "\n")
        #expect(try log(steering.line).rows.map(\.phase) == [#"a\x0A\x01"#])
        let infinite = MetricsRow(phase: "", phaseIndex: 0, step: 0, time: 0, values: ["x": .infinity])
        #expect(infinite.line.contains("\"x\":null"))
    }

    @Test func deviceWithoutSpaceIsAnError() {
        let error = #expect(throws: UserError.self) {
            let writer = try MetricsWriter(path: "/dev/full")
            try writer.append(MetricsRow(phase: "energy", phaseIndex: 0, step: 1, time: 0))
        }
        #expect(error?.kind == .output)
    }
}
