import Foundation
import Tensors
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

private func seconds(_ value: Double) -> ComputeTime {
    ComputeTime(seconds: value, processorSeconds: 2 * value)
}

/// A speed whose one part takes a second.
private func speed(_ part: WritableKeyPath<PhaseSpeed, ComputeTime>) -> PhaseSpeed {
    var speed = PhaseSpeed()
    speed[keyPath: part] = seconds(1)
    return speed
}

private let size = DataSize(train: 5000, test: 3000)

private func timing(
    _ overrides: [String] = [], phase: Int, _ part: WritableKeyPath<PhaseSpeed, ComputeTime>
) throws -> PhaseTiming {
    let recipe = try Recipe.parse(smallRecipe, overrides: overrides)
    return PhaseTiming(recipe: recipe, phase: recipe.phases[phase], speed: speed(part), size: size)
}

@Suite struct PhaseTimingTests {
    @Test func updatesPoolsAndDrawsAreCounted() throws {
        #expect(try timing(phase: 1, \.update).training == seconds(50))
        // 50 updates of 64 samples, each used 8 times: one filling.
        #expect(try timing(phase: 1, \.sample).training == seconds(640))
        #expect(try timing(["phase.2.pool-uses=1"], phase: 1, \.sample).training == seconds(5 * 640))
        let draws = ["phase.2.draws=2", "energy.base=none"]
        #expect(try timing(draws, phase: 1, \.flowDensity).training == seconds(2 * 4000))
        #expect(try timing(phase: 2, \.flowUpdate).training == seconds(20))
        #expect(try timing(phase: 2, \.update).training == seconds(20))
        #expect(try timing(phase: 2, \.start).training == seconds(1))
    }

    @Test func testsAndCheckpointsAreCounted() throws {
        // 3,000 test and 1,000 held-out images at the end, and at updates 20 and 40 of 50.
        #expect(try timing(phase: 1, \.classification).tests == seconds(4000))
        #expect(try timing(["evaluate.every=20"], phase: 1, \.classification).tests == seconds(3 * 4000))
        #expect(try timing(["evaluate.every=20"], phase: 0, \.flowDensity).tests == seconds(256))
        // 2,000 test images, and 1,000 samples for log Z.
        #expect(try timing(phase: 1, \.density).tests == seconds(3000))
        #expect(try timing(phase: 1, \.sample).tests == seconds(1064))
        // After 10, 20, 30 and 40 of 40 updates of each model, and at the end, with the weights.
        #expect(try timing(["checkpoint.every=10"], phase: 2, \.checkpoint).tests == seconds(3 + 2))
        #expect(try timing(phase: 2, \.density).ending == seconds(1000))
    }

    @Test func theWholeIsItsParts() throws {
        let recipe = try Recipe.parse(smallRecipe)
        let speeds = [\PhaseSpeed.update, \.update, \.update].map { speed($0) }
        var data = size
        data.reading = seconds(7)
        let cost = RunCost(recipe, speeds, nil, data)
        let ending = try #require(cost.ending?.seconds)
        #expect(ending == 1, "starting and the report")
        #expect(cost.total?.seconds == 117 + ending)
        #expect(cost.rest(from: 2)?.seconds == 27 + ending)
        #expect(RunCost(recipe).total == nil && RunCost(recipe).operations == cost.operations)
    }

    @Test func aProbeSolvesItsProblems() throws {
        let recipe = try Recipe.parse(smallRecipe, overrides: ["probe.labels=[100, 0]", "probe.draws=20"])
        var speed = ProbeSpeed(features: seconds(0.001))
        speed.problems = [
            .init(making: seconds(1), solving: seconds(0)), .init(making: seconds(0), solving: seconds(1)),
        ]
        let speeds = recipe.phases.map { _ in PhaseSpeed() }
        // 8,000 images; ten draws to choose C by and twenty to test; with all labels one of each, of seven C and one.
        #expect(RunCost(recipe, speeds, speed, size).probe == seconds(8 + 30 + 8))
    }
}

@Suite struct SpeedKeyTests {
    private func key(_ overrides: String..., phase: Int = 1, threads: Int = 1) throws -> SpeedKey {
        let recipe = try Recipe.parse(smallRecipe, overrides: overrides)
        return SpeedKey(recipe, phase: phase, SpeedMachine(try Device.cpu.open(threads: threads)))
    }

    @Test func onlyWhatDecidesTheSpeedIsInTheKey() throws {
        let own = try key()
        for same in ["phase.2.steps=7", "seed=3", "name=\"x\"", "data.directory=\"y\"", "flow.seed=4"] {
            #expect(try key(same) == own, "\(same)")
        }
        for other in [
            "phase.2.batch=8", "energy.width=0.5", "flow.width=64", "energy.pooling=mean",
            "phase.2.pool=0",
        ] {
            #expect(try key(other) != own, "\(other)")
        }
        #expect(try key(phase: 2) != own)
        #expect(try key(threads: 2) != own)
    }
}

@Suite struct SpeedCacheTests {
    private func key(_ width: Int) throws -> SpeedKey {
        let recipe = try Recipe.parse(smallRecipe, overrides: ["flow.width=\(width)"])
        return SpeedKey(recipe, phase: 0, SpeedMachine(try Device.cpu.open(threads: 1)))
    }

    @Test func aSpeedIsKeptForAMonth() throws {
        try withScratch { folder in
            let cache = SpeedCache(folder: "\(folder)/a/b")
            let (key, other) = (try key(16), try key(32))
            #expect(cache.write(speed(\.update), key, now: 1000))
            let kept = try #require(cache.read(PhaseSpeed.self, key, now: 1060))
            #expect(kept.speed == speed(\.update) && kept.age == 60)
            #expect(cache.read(PhaseSpeed.self, other, now: 1060) == nil)
            #expect(cache.read(PhaseSpeed.self, key, now: 1000 + 31 * 86_400) == nil)
            #expect(cache.read(PhaseSpeed.self, key, now: 0) == nil, "of the future")
            try write("{", to: "\(folder)/a/b/\(key.hash).json")
            #expect(cache.read(PhaseSpeed.self, key, now: 1060) == nil)
        }
    }

    @Test func theFolderIsTheUsers() {
        #expect(SpeedCache.ofUser(["XDG_CACHE_HOME": "/c", "HOME": "/h"])?.folder == "/c/fce/speed")
        #expect(SpeedCache.ofUser(["XDG_CACHE_HOME": "c", "HOME": "/h"])?.folder == "/h/.cache/fce/speed")
        #expect(SpeedCache.ofUser([:]) == nil)
    }

    @Test func measurementsAreKeptUnlessTheMachineWasBusy() throws {
        try withScratch { folder in
            let recipe = try Recipe.parse(
                smallRecipe,
                overrides: [
                    "flow.width=4", "flow.blocks=1", "flow.levels=1", "energy.width=0.03125",
                    "phase.1.batch=4",
                    "phase.2.batch=4", "phase.2.labelled-batch=4", "phase.3.batch=4",
                    "phase.3.labelled-batch=4",
                ])
            var announced = 0
            func estimate(_ folder: String, busy: Double? = nil) throws -> (RunCost, CostEstimator.Basis) {
                let estimator = CostEstimator(
                    threads: 1, cache: SpeedCache(folder: folder), now: { 1000 },
                    watchLoad: { { _ in busy } }, announce: { announced += 1 })
                return (try estimator.cost(of: recipe, size), estimator.basis)
            }
            let (_, busy) = try estimate(folder, busy: 1.5)
            #expect(busy.busyProcessors == 1.5 && busy.measuredSeconds > 0 && announced == 1)
            let (cost, first) = try estimate(folder)
            #expect(first.busyProcessors == nil && first.measuredSeconds > 0 && first.age == nil)
            for phase in cost.phases {
                let (training, tests) = (phase.training ?? .zero, phase.tests ?? .zero)
                #expect(training.seconds > 0 && tests.seconds > 0)
            }
            let (again, second) = try estimate(folder)
            #expect(again == cost && second.measuredSeconds == 0 && second.age == 0 && announced == 2)
            #expect(second.threads == 1 && !second.processor.isEmpty)
            // Where nothing can be kept.
            #expect(try estimate("/dev/null/x").1.measuredSeconds > 0)
        }
    }

    @Test func aMachineIsBusyWhereOthersLeaveTooLittle() {
        #expect(!MachineLoad.isDisturbed(others: 0.1, processors: 2, threads: 2))
        #expect(MachineLoad.isDisturbed(others: 0.5, processors: 2, threads: 2))
        #expect(!MachineLoad.isDisturbed(others: 1, processors: 2, threads: 1))
        #expect(MachineLoad.isDisturbed(others: 1.5, processors: 2, threads: 1))
    }
}

@Suite struct TableCostTests {
    @Test func whatCellsShareIsTrainedOnce() throws {
        try withScratch { folder in
            let whole = smallRecipe.replacing("method = \"fce\"", with: "method = \"fce\"\nname = \"whole\"")
            let start = whole.components(separatedBy: "\n[[phase]]\nkind = \"joint\"")[0]
                .replacing("\"fce\"", with: "\"fce-init\"").replacing("\"whole\"", with: "\"start\"")
            try write(whole, to: "\(folder)/whole.toml")
            try write(start, to: "\(folder)/start.toml")
            func cost(_ extra: String) throws -> TableCost {
                let table = "title = \"T\"\nseeds = [1, 2]\nrecipes = [\"whole.toml\", \"start.toml\"]\n"
                try write(table + extra, to: "\(folder)/table.toml")
                let cells = try TableCells(try TableFile.load("\(folder)/table.toml"), TableOptions())
                let speeds = [speed(\.update), speed(\.update), speed(\.update)]
                let costs = cells.recipes.map { recipe in
                    (recipe.name, RunCost(recipe, Array(speeds.prefix(recipe.phases.count)), nil, nil))
                }
                return TableCost(try cells.untouchedPlan(), Dictionary(uniqueKeysWithValues: costs))
            }
            // Each cell has a second for its start and report. One flow of 40 updates.
            let shared = try cost("")
            #expect(shared.rows.map(\.recipe) == ["whole", "start"] && shared.rows.map(\.cells) == [2, 2])
            let times: [Double?] = shared.rows.map { $0.time?.seconds }
            #expect(times == [42, 142])
            #expect(shared.total?.seconds == 184)
            let own = try cost("flow-per-seed = true\n")
            #expect(own.total?.seconds == 224)
        }
    }
}

@Suite struct RunForecastTests {
    private func status(_ step: Int, phase: Int) -> ProgressStatus {
        ProgressStatus(phase: "energy", phaseIndex: phase, phaseCount: 2, step: step, steps: 100)
    }

    @Test func thePredictionIsCorrectedByWhatTrainingShows() throws {
        let phases = [100.0, 300].map { time in
            RunCost.Phase(kind: "energy", steps: 100, operations: 1, training: seconds(time), tests: .zero)
        }
        let cost = RunCost(phases: phases, probe: seconds(20), ending: seconds(10))
        var forecast = try #require(RunForecast(cost))
        #expect(forecast.rest(of: status(0, phase: 0), rate: nil, elapsed: 0) == 430)
        #expect(forecast.rest(of: status(50, phase: 0), rate: 7, elapsed: 1) == 380)
        // Half as fast as predicted: so will be the rest.
        #expect(forecast.rest(of: status(50, phase: 0), rate: 0.5, elapsed: 60) == 760)
        #expect(forecast.rest(of: status(0, phase: 1), rate: nil, elapsed: 0) == 660)
        // A probe after the last phase.
        #expect(forecast.rest(of: status(0, phase: 2), rate: 9, elapsed: 60) == 60)
        #expect(RunForecast(RunCost(try Recipe.parse(smallRecipe))) == nil)
    }
}
