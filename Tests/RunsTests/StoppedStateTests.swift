import Datasets
import Tensors
import TestSupport
import Testing

@testable import Methods
@testable import Recipes
@testable import Runs
@testable import Training

@Suite("What a stopped training leaves behind") struct StoppedStateTests {
    @Test(
        "A state that is no longer used is freed, whichever phase was in training", arguments: RankRecipe.all)
    func freed(_ recipe: RankRecipe) throws {
        weak var left: TrainingState?
        weak var phase: (any Phase)?
        try {
            let recipe = try Recipe.parse(recipe.text, file: "stopped.toml")
            let data = try ExperimentData(recipe)
            let state = TrainingState(
                recipe, extents: data.extents, images: data.train.count,
                backend: try Device.cpu.open(threads: 1, precision: .float32))
            let before = recipe.phases.dropLast().reduce(0) { $0 + $1.settings.steps }
            #expect(throws: Interrupted.self) {
                try Trainer(recipe, data, state, observer: Recorder(limit: before + 1)).run()
            }
            (left, phase) = (state, state.training)
            #expect(phase != nil)
        }()
        #expect(left == nil && phase == nil)
    }
}
