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

/// A run directory with little in it.
private func withRun(_ body: (RunFiles) throws -> Void) throws {
    try withScratch { folder in
        let files = RunFiles(path: folder)
        try FileManager.default.createDirectory(atPath: files.checkpoints, withIntermediateDirectories: true)
        try files.write(RunHeader.test(try Recipe.parse(smallRecipe)), to: "run.json")
        try body(files)
    }
}

private func progress(host: String? = "here", end: String? = nil, rest: Double? = 100) -> RunProgress {
    let status = ProgressStatus(phase: "joint", phaseIndex: 2, phaseCount: 3, step: 5, steps: 20)
    var progress = RunProgress(status, rate: 2, rest: rest, process: 4711)
    (progress.host, progress.end) = (host, end)
    return progress
}

@Suite struct WatchTests {
    private var now: Double { Date.now.timeIntervalSince1970 }

    private func sighting(_ files: RunFiles, after seconds: Double = 0) throws -> RunSighting {
        try RunSighting(files, now: now + seconds, host: "here")
    }

    @Test func theFilesSayWhatARunIsDoing() throws {
        try withRun { files in
            #expect(try sighting(files).state == .gone, "nothing but its beginning")
            do {
                let lock = try RunLock(path: files.file("lock"))
                try files.write(progress(), to: "progress.json")
                let sighting = try sighting(files, after: 10)
                #expect(sighting.state == .training && sighting.progress?.step == 5)
                let rest = try #require(sighting.rest)
                #expect((85...90).contains(rest), "what has passed is taken off")
                #expect((10...15).contains(sighting.silence))
                withExtendedLifetime(lock) {}
            }
            #expect(try sighting(files).state == .gone)
            try files.write(progress(end: ""), to: "progress.json")
            #expect(try sighting(files).state == .stopped)
            try files.write(progress(end: "loss is nan"), to: "progress.json")
            #expect(try sighting(files).state == .failed && sighting(files).rest == nil)
            try write("", to: "\(files.checkpoints)/state-1-500.safetensors")
            try write("", to: "\(files.checkpoints)/state-2-10.safetensors")
            let checkpoint = try #require(try sighting(files).checkpoint)
            #expect(checkpoint == (2, 10))
            unlink(files.file("progress.json"))
            #expect(try sighting(files).state == .stopped, "by a version that says less")
        }
    }

    @Test func anotherMachineIsBelievedForAWhile() throws {
        try withRun { files in
            try files.write(progress(host: "there"), to: "progress.json")
            #expect(try sighting(files, after: 60).state == .trainingElsewhere)
            #expect(try sighting(files, after: 600).state == .gone)
        }
    }

    @Test func aFolderWithoutARunIsAnError() throws {
        try withScratch { folder in
            _ = #expect(throws: (any Error).self) { try RunSighting(RunFiles(path: folder)) }
        }
    }

    @Test func metricsAreReadAsTheyAreWritten() throws {
        try withScratch { folder in
            let path = "\(folder)/metrics.jsonl"
            func row(_ value: Int) -> String {
                "{\"phase\":\"energy\",\"phaseIndex\":1,\"step\":\(value),\"time\":1,\"value\":\(value)}\n"
            }
            var tail = MetricsTail(path: path)
            tail.read()
            #expect(tail.curves.isEmpty)
            try write(row(1) + row(2) + "{\"phase\":\"ene", to: path)
            tail.read()
            #expect(tail.curves["value"] == [1, 2])
            try write(row(1) + row(2) + row(3) + "noise\n" + row(4), to: path)
            tail.read()
            #expect(tail.curves["value"] == [1, 2, 3, 4])
            // A run that was resumed has cut it.
            try write(row(1), to: path)
            tail.read()
            #expect(tail.curves["value"] == [1])
        }
    }
}
