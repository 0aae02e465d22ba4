import Flows
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

@Suite struct StateFileTests {
    private func state(flowSeed: Int) throws -> (state: TrainingState, recipe: Recipe) {
        var recipe = try Recipe.parse(
            smallRecipe, overrides: ["flow.levels=2", "flow.blocks=1", "flow.width=4"])
        recipe.flow.seed = flowSeed
        return (TrainingState(recipe, extents: [8, 8, 1], backend: ReferenceBackend()), recipe)
    }

    @Test func weightsHoldTheConstantsOfRotations() throws {
        let (state, recipe) = try state(flowSeed: 1)
        let file = state.weightsFile
        let signs = try #require(file.tensors["flow.level1.block0.rotation.signs"]?.floats())
        #expect(signs.allSatisfy { abs($0) == 1 })
        let permutation = try #require(file.tensors["flow.level1.block0.rotation.permutation"]?.doubles())
        #expect(permutation.sorted() == signs.indices.map(Double.init))
        try state.restoreWeights(file, of: recipe, at: "here")
        let (other, _) = try self.state(flowSeed: 2)
        #expect(throws: UserError.self) { try other.restoreWeights(file, of: recipe, at: "here") }
    }

    @Test func weightsThatAreNotFiniteAreRefused() throws {
        let (state, recipe) = try state(flowSeed: 1)
        var file = state.weightsFile
        let name = try #require(file.tensors.keys.filter { $0.hasPrefix("energy.") }.min())
        let shape = try #require(file.tensors[name]?.shape)
        let values = shape.reduce(1, *)
        file.tensors[name] = .init(floats: [.nan] + Array(repeating: 0, count: values - 1), shape: shape)
        let error = #expect(throws: UserError.self) {
            try state.restoreWeights(file, of: recipe, at: "here")
        }
        #expect(error?.kind == .data)
        #expect(error?.description.contains("here: \(name) holds values that are not finite") == true)
    }
}
