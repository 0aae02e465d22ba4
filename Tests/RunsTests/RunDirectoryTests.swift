import Foundation
import Scores
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

/// Opens the run directory of the small recipe.
private func open(
    _ path: String, _ overrides: [String] = [], data: String = "abc", labelled: [Int] = [1, 2],
    changing change: (inout RunHeader) -> Void = { _ in }, resume: Bool = false
) throws -> RunDirectory {
    let recipe = try Recipe.parse(smallRecipe, file: "tests/small.toml", overrides: overrides)
    var header = RunHeader.test(recipe, data: data)
    change(&header)
    return try RunDirectory(
        at: path, recipe: recipe, header: header, split: .test(labelled: labelled), resume: resume)
}

private func position(_ step: Int, phase: Int = 1) -> RunPosition {
    RunPosition(phaseIndex: phase, phase: "energy", step: step, seconds: Double(step) / 8)
}

private func state(_ step: Int) -> SafetensorsFile {
    SafetensorsFile(
        metadata: ["gate": "0.5"], tensors: ["w": SafetensorsEntry(floats: [Float(step)], shape: [1])])
}

private func row(_ step: Int) -> MetricsRow {
    MetricsRow(phase: "energy", phaseIndex: 1, step: step, time: Double(step), values: ["value": -1.25])
}

private func names(_ path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
}

@Suite struct RunDirectoryTests {
    @Test func holdsWhatReportsRead() throws {
        try withScratch { folder in
            let path = "\(folder)/deep/run"
            let run = try open(path)
            let files = RunFiles(path: path + "/")
            #expect(try files.recipe() == Recipe.parse(smallRecipe, file: "tests/small.toml"))
            #expect(try files.header() == run.header)
            #expect(try files.split() == .test())
            #expect(try files.header().machine.summary == "Test, AVX2, 2 threads")
            var result = try RunResult(
                recipe: files.recipe(), header: run.header, split: .test(), command: "fce train x")
            result.scores[.testError] = 0.25
            result.phases = [
                PhaseScores(name: "energy", steps: 50, seconds: 1.5, scores: [.testError: 0.3])
            ]
            result.errors = RunResult.bitmap(of: [true, false, true])
            try run.save(result)
            #expect(try files.result() == result)
            var evaluation = RunEvaluation(phases: [PhaseScores(name: "energy", steps: 5, seconds: 1)]
            )
            evaluation.phases[0].scores.confusion = [[3, 1], [0, 2]]
            try run.save(evaluation)
            #expect(try files.evaluation() == evaluation)
            try run.savePredictions(probabilities: [0.5, 0.5, 1, 0], labels: [0, 1], classes: 2)
            let predictions = try SafetensorsFile(path: files.predictions)
            #expect(predictions.tensors["probabilities"]?.shape == [2, 2])
            #expect(predictions.tensors["labels"]?.integers() == [0, 1])
            #expect(
                try names(path) == [
                    "checkpoints", "evaluation.json", "lock", "metrics.jsonl", "predictions.safetensors",
                    "recipe.toml", "result.json", "run.json", "samples", "split.json",
                ])
        }
    }

    @Test func bitmapsRoundTrip() throws {
        let recipe = try Recipe.parse(smallRecipe)
        var result = try RunResult(recipe: recipe, header: .test(recipe), split: .test(), command: "")
        result.testCount = 19
        let wrong = (0..<19).map { $0 % 3 == 0 }
        result.errors = RunResult.bitmap(of: wrong)
        #expect(result.errors == "SZIE")
        #expect(result.wrongImages(count: 19) == wrong)
        // As many bytes, but other images.
        #expect(result.wrongImages(count: 20) == nil)
    }

    @Test func numbersThatAreNotFiniteAreNull() throws {
        try withScratch { folder in
            let run = try open("\(folder)/run")
            var phase = PhaseScores(name: "\"nan\" inf", steps: 1, seconds: 1)
            phase.scores[.testNLL] = .nan
            phase.scores.scaling = TemperatureScaling(
                temperature: 1, heldOutCount: 2, testNLL: .infinity, ece: .nan, brier: 0.5)
            phase.scores.logZ = LogNormalizer(estimate: -.infinity, effectiveSampleSize: .nan, samples: 3)
            var evaluation = RunEvaluation(phases: [phase])
            evaluation.energies = RunEvaluation.Energies(data: [1, .nan, 2], samples: [-.infinity])
            try run.save(evaluation)
            let text = try String(contentsOfFile: run.files.file("evaluation.json"), encoding: .utf8)
            #expect(text.contains(#""data":[1,null,2],"samples":[null]"#), "\(text)")
            #expect(text.contains(#""ece":null"#) && text.contains(#""estimate":null"#))
            #expect(text.contains(#""name":"\"nan\" inf""#), "words are left alone")
            let read = try run.files.evaluation()
            #expect(read.energies?.data[1].isNaN == true && read.energies?.data[2] == 2)
            #expect(read.phases[0].scores[.testNLL] == nil && read.phases[0].scores.scaling?.brier == 0.5)
            #expect(
                read.phases[0].scores.scaling?.ece.isNaN == true && read.phases[0].scores.logZ?.samples == 3)
        }
    }

    @Test func folderIsTakenOnce() throws {
        try withScratch { folder in
            let path = "\(folder)/run"
            _ = try open(path)
            let taken = #expect(throws: UserError.self) { try open(path) }
            #expect(taken?.kind == .recipe)
            #expect(taken?.advice?.contains("--resume") == true)
            try write("x", to: "\(folder)/thesis.txt")
            let foreign = #expect(throws: UserError.self) { try open(folder) }
            #expect(
                foreign?.what.contains("thesis.txt") == true || foreign?.what.contains("holds run") == true)
            #expect(try names(folder) == ["run", "thesis.txt"])
            let file = #expect(throws: UserError.self) { try open("\(folder)/thesis.txt") }
            #expect(file?.kind == .output)
        }
    }

    @Test func resumeRefusesWhatDiffers() throws {
        try withScratch { folder in
            let path = "\(folder)/run"
            _ = try open(path)
            func refusal(_ body: () throws -> RunDirectory) -> String {
                let error = #expect(throws: UserError.self) { try body() }
                #expect(error?.kind == .recipe)
                return error?.what ?? ""
            }
            let recipe = refusal { try open(path, ["flow.width=64", "phase.2.steps=3"], resume: true) }
            #expect(recipe == "cannot resume: the recipe differs: `flow.width`, `phase.2.steps`")
            #expect(refusal { try open(path, data: "xyz", resume: true) }.contains("the data differ"))
            #expect(refusal { try open(path, labelled: [1, 3], resume: true) }.contains("the split differs"))
            _ = try open(path, resume: true)
        }
    }

    @Test func resumeRefusesOtherTestImagesAndPrecisions() throws {
        let changes: [(change: (inout RunHeader) -> Void, what: String)] = [
            ({ $0.data.test = 7 }, "cannot resume: the test images differ (2000 then, 7 now)"),
            (
                { $0.data.testSHA256 = "w" },
                "cannot resume: the test images differ (SHA-256 v… then, w… now)"
            ),
            (
                { $0.machine.precision = "bfloat16" },
                "the run was trained in float32, and this machine computes in bfloat16"
            ),
        ]
        try withScratch { folder in
            let path = "\(folder)/run"
            _ = try open(path)
            for (change, what) in changes {
                let error = #expect(throws: UserError.self) { try open(path, changing: change, resume: true) }
                #expect(error?.kind == .recipe && error?.what == what)
            }
            // A run of old does not say which its test images were.
            _ = try open(path, changing: { $0.data.testSHA256 = nil }, resume: true)
        }
    }

    @Test func impossibleSizesAreNoRun() throws {
        let changes: [(inout RunHeader) -> Void] = [
            { $0.data.height = -1 }, { $0.data.channels = .max },
        ]
        try withScratch { folder in
            for change in changes {
                let path = "\(folder)/\(UUID().uuidString)"
                let error = #expect(throws: UserError.self) {
                    try open(path, changing: change).files.header()
                }
                #expect(error?.kind == .data)
            }
        }
    }

    @Test func lastTwoStatesAreKept() throws {
        try withScratch { folder in
            let run = try open("\(folder)/run")
            for step in [8, 9, 10, 100] { try run.saveState(state(step), at: position(step)) }
            try run.saveWeights(state(1), at: position(50))
            let expected = [
                "state-1-10.safetensors", "state-1-100.safetensors", "weights-1-energy.safetensors",
            ]
            #expect(try names(run.files.checkpoints) == expected)
            try run.saveState(state(1), at: position(1, phase: 2))
            #expect(try names(run.files.checkpoints).contains("state-2-1.safetensors"))
            let weights = try SafetensorsFile(path: run.files.weights(phaseIndex: 1, name: "energy"))
            #expect(weights.metadata["kind"] == "weights")
            #expect(try Recipe.parse(weights.metadata["recipe"] ?? "").hash == weights.metadata["recipeHash"])
        }
    }

    @Test func theStartOfTheLastPhaseIsKept() throws {
        try withScratch { folder in
            let run = try open("\(folder)/run")
            for (phase, steps) in [(0, [7]), (1, [0, 8, 9]), (2, [0, 5, 6, 7]), (3, [0])] {
                for step in steps { try run.saveState(state(step), at: position(step, phase: phase)) }
                if phase == 1 {
                    let expected = [
                        "state-1-0.safetensors", "state-1-8.safetensors", "state-1-9.safetensors",
                    ]
                    #expect(try names(run.files.checkpoints) == expected)
                }
            }
            let expected = ["state-2-0.safetensors", "state-2-7.safetensors", "state-3-0.safetensors"]
            #expect(try names(run.files.checkpoints) == expected)
        }
    }

    @Test func resumeCutsMetricsToTheCheckpoint() throws {
        try withScratch { folder in
            let path = "\(folder)/run"
            do {
                let run = try open(path)
                try run.metrics.append(row(1))
                try run.saveState(state(1), at: position(1))
                try run.metrics.append(row(2))
                let file = try #require(FileHandle(forWritingAtPath: "\(path)/metrics.jsonl"))
                try file.seekToEnd()
                try file.write(contentsOf: Data("{\"phase\":\"ene".utf8))
                #expect(try run.files.metrics().rows == [row(1), row(2)])
            }
            let run = try open(path, resume: true)
            let restored = try #require(try run.restoreState())
            #expect(restored.position == position(1))
            #expect(restored.file.metadata["gate"] == "0.5")
            #expect(restored.file.tensors["w"]?.floats() == [1])
            try run.metrics.append(row(3))
            #expect(try run.files.metrics().rows == [row(1), row(3)])
            #expect(run.notices.isEmpty)
        }
    }

    @Test func lostMetricsAreNoticed() throws {
        try withScratch { folder in
            let path = "\(folder)/run"
            do {
                let run = try open(path)
                try run.metrics.append(row(1))
                try run.saveState(state(1), at: position(1))
            }
            try write("", to: "\(path)/metrics.jsonl")
            let run = try open(path, resume: true)
            #expect(try run.restoreState()?.position == position(1))
            #expect(run.notices.first?.contains("lines are missing") == true)
        }
    }

    @Test func withoutCheckpointTheRunStartsAnew() throws {
        try withScratch { folder in
            let path = "\(folder)/run"
            do {
                let run = try open(path, resume: true)
                try run.metrics.append(row(1))
            }
            let run = try open(path, resume: true)
            #expect(try run.restoreState() == nil)
            #expect(try run.files.metrics().rows.isEmpty)
        }
    }

    @Test func damagedCheckpointFallsBack() throws {
        try withScratch { folder in
            let path = "\(folder)/run"
            do {
                let run = try open(path)
                try run.saveState(state(1), at: position(1))
                try run.saveState(state(2), at: position(2))
            }
            let newest = "\(path)/checkpoints/state-1-2.safetensors"
            let whole = try #require(Files.contents(newest))
            try Data(whole.dropLast(2)).write(to: URL(fileURLWithPath: newest))
            try write("torn", to: "\(path)/checkpoints/.partial-1-state-1-3.safetensors")
            let run = try open(path, resume: true)
            #expect(try run.restoreState()?.position == position(1))
            #expect(run.notices.count == 1)
            #expect(run.notices.first?.contains("2 bytes are missing") == true)
            let expected = ["state-1-1.safetensors", "state-1-2.safetensors.damaged"]
            #expect(try names(run.files.checkpoints) == expected)
            try Data(whole.dropLast(2)).write(
                to: URL(fileURLWithPath: "\(path)/checkpoints/state-1-1.safetensors"))
            let error = #expect(throws: UserError.self) { try run.restoreState() }
            #expect(error?.what == "all checkpoints are damaged")
        }
    }

    @Test func checkpointsOfOtherRunsAreRefused() throws {
        try withScratch { folder in
            let other = try open("\(folder)/other", ["seed=2"])
            try other.saveState(state(1), at: position(1))
            let run = try open("\(folder)/run")
            try FileManager.default.copyItem(
                atPath: "\(folder)/other/checkpoints/state-1-1.safetensors",
                toPath: "\(folder)/run/checkpoints/state-1-1.safetensors")
            let error = #expect(throws: UserError.self) { try run.restoreState() }
            #expect(error?.kind == .recipe)
        }
    }

    @Test func brokenRecordsAreNamed() throws {
        try withScratch { folder in
            let files = RunFiles(path: folder)
            #expect(throws: UserError.self) { try files.header() }
            try write("{\"format\":1", to: "\(folder)/run.json")
            let broken = #expect(throws: UserError.self) { try files.header() }
            #expect(broken?.what == "not the run.json of a run: the JSON is broken")
            try write("{\"format\":1,\"seed\":1}", to: "\(folder)/split.json")
            let partial = #expect(throws: UserError.self) { try files.split() }
            #expect(partial?.kind == .data)
            #expect(partial?.what.contains("is missing") == true)
        }
    }
}
