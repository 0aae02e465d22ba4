import Benchmarks
import Foundation
import System

extension Bench {
    /// Times one step whenever a line of standard input asks for it, so that another program can take turns with us.
    ///
    /// It prints `{"ready":true}`, then for each line, a number of executions, `{"ms":[…]}`; at the end of the input the
    /// report that `--json` prints.
    func answerDemands(_ step: BenchmarkStep, _ settings: BenchmarkSettings) throws {
        let timed = try TimedStep(step, settings, { Console.warn([$0]) })
        Self.answer("{\"ready\":true}")
        var executions = 0
        while let line = readLine() {
            guard let count = Int(line), (1...10_000).contains(count) else {
                throw UserError(
                    .data, "\(line) is no number of executions", at: "standard input",
                    advice: "write 1 to 10000")
            }
            let times = try (0..<count).map { _ in String(format: "%.3f", try timed.time()) }
            executions += count
            Self.answer("{\"ms\":[\(times.joined(separator: ","))]}")
        }
        guard executions > 0 else { return }
        Self.answer(try Benchmark.report([try timed.measurement()], settings).json())
    }

    /// The reader waits for the line, so it must not stay in a buffer.
    private static func answer(_ line: String) {
        print(line)
        fflush(nil)
    }
}
