import Foundation
import Logging
import Synchronization
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

/// A log with a clock to set, and what it wrote.
private final class Console: Sendable {
    let time = Mutex(0.0)
    let text = Mutex("")

    let width = Mutex(30)

    func log(_ style: ProgressLog.Style) -> ProgressLog {
        ProgressLog(
            style: style, width: { [self] in width.withLock { $0 } },
            clock: { [self] in time.withLock { $0 } },
            output: { [self] in text.withLock { [added = $0] in $0 += added } })
    }

    func at(_ seconds: Double) { time.withLock { $0 = seconds } }
    var written: String { text.withLock { $0 } }
}

private func status(_ step: Int, phase: Int = 1) -> ProgressStatus {
    ProgressStatus(
        phase: "energy", phaseIndex: phase, phaseCount: 3, step: step, steps: 5000,
        losses: [("V", -1.2041), ("label", 0.31)], gateAccuracy: 0.9123, lastError: 0.12345)
}

@Suite struct ProgressTests {
    @Test func lineSaysWhereTrainingStands() {
        let expected =
            "[2/3 energy] 120/5000  3.10 it/s  ETA 26:14  V -1.204  label 0.310  gate 0.912  error 12.35 %"
        #expect(status(120).line(rate: 3.1) == expected)
        #expect(status(120).line(rate: nil).hasPrefix("[2/3 energy] 120/5000  V"))
        let lost = ProgressStatus(
            phase: "a", phaseIndex: 0, phaseCount: 1, step: 0, steps: 1,
            losses: [("V", .nan), ("x", -0.0001)])
        #expect(lost.line(rate: .infinity) == "[1/1 a] 0/1  V nan  x 0.000")
    }

    @Test func plainLinesComeEveryTenSeconds() {
        let console = Console()
        let log = console.log(.lines)
        for second in 0..<25 {
            console.at(Double(second))
            log.update(status(second * 4))
        }
        let lines = console.written.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines.last?.contains(" 80/5000  4.00 it/s  ETA 20:30 ") == true)
        console.at(25)
        log.update(status(5000))
        log.update(status(0, phase: 2))
        #expect(console.written.split(separator: "\n").count == 5)
        #expect(!console.written.contains("\r"))
    }

    @Test func terminalLineIsRewrittenAndMakesRoomForMessages() {
        let console = Console()
        let log = console.log(.terminal)
        log.update(status(1))
        console.at(0.1)
        log.update(status(2))
        console.at(0.3)
        log.update(status(3))
        log.note("hello")
        log.end()
        let clear = "\r\u{1B}[K"
        let first = "\(clear)[2/3 energy] 1/5000  V -1.204"
        let second = "\(clear)[2/3 energy] 3/5000  10 it/s "
        #expect(console.written.hasPrefix(first.prefix(first.count)))
        #expect(console.written.components(separatedBy: clear).map(\.count).max() ?? 99 <= 29)
        #expect(console.written.hasSuffix("\(clear)hello\n"))
        #expect(console.written.contains(second.prefix(25)))
        #expect(!console.written.contains("2/5000"))
    }

    @Test func linesFollowAWindowThatChanges() {
        let console = Console()
        let log = console.log(.terminal)
        console.width.withLock { $0 = 60 }
        log.update(status(1))
        // The terminal has broken 59 columns into three lines of 20.
        console.width.withLock { $0 = 20 }
        console.at(1)
        log.update(status(2))
        #expect(console.written.hasSuffix("\u{1B}[2A\r\u{1B}[J[2/3 energy] 2/5000"))
        console.width.withLock { $0 = 41 }
        console.at(2)
        log.update(status(3))
        #expect(console.written.hasSuffix("\r\u{1B}[K[2/3 energy] 3/5000  1.00 it/s  ETA 1:23"))
    }

    @Test func theEndOfTheRunStandsBesideThePhases() throws {
        let phases = [100.0, 5000, 50].map { time in
            let training = ComputeTime(seconds: time, processorSeconds: time)
            return RunCost.Phase(kind: "energy", steps: 1, operations: 1, training: training, tests: .zero)
        }
        let forecast = RunForecast(
            RunCost(phases: phases, ending: ComputeTime(seconds: 10, processorSeconds: 10)))
        let console = Console()
        let log = console.log(.lines)
        log.expect(forecast)
        log.update(status(0))
        #expect(console.written.hasPrefix("[2/3 energy] 0/5000  ETA of the run 1:24:20  V"))
        console.at(100)
        // Half as fast as predicted, which the last phase will be too.
        log.update(status(50))
        #expect(console.written.contains("50/5000  0.50 it/s  ETA 2:45:00 (run 2:47:00)  V"))
    }

    @Test func quietKeepsWarnings() {
        let console = Console()
        let log = console.log(.quiet)
        log.update(status(1))
        log.note("a")
        log.logger(label: "x").info("b")
        log.logger(label: "x").warning("c", metadata: ["k": "v"])
        log.warn("d")
        #expect(console.written == "warning: c k=v\nwarning: d\n")
    }
}

@Suite struct InterruptionTests {
    @Test func firstSignalIsAFlagTheSecondEnds() async {
        await #expect(processExitsWith: .exitCode(128 + SIGINT)) {
            Interruption.install()
            guard !Interruption.isRequested, Interruption.exitCode == nil else { exit(1) }
            // To the process: the threads of Swift's pool block signals.
            kill(getpid(), SIGTERM)
            for _ in 0..<500 where !Interruption.isRequested { usleep(10_000) }
            guard Interruption.isRequested, Interruption.exitCode == 128 + SIGTERM else { exit(2) }
            kill(getpid(), SIGINT)
            sleep(10)
            exit(3)
        }
    }
}

@Suite struct SourceCommitTests {
    @Test func commitOfThisCheckoutOrUnknown() throws {
        let commit = SourceCommit.commit(in: "\(package)/Sources")
        let hash = commit.map { $0.hasSuffix("-dirty") ? String($0.dropLast(6)) : $0 }
        // A source archive is no checkout.
        #expect(hash?.count == 40 || !FileManager.default.fileExists(atPath: "\(package)/.git"))
        #expect(try withScratch { SourceCommit.commit(in: $0) } == nil)
        #expect(SourceCommit.commit(in: "/no/such/folder") == nil)
    }
}
