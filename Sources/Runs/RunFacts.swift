import Datasets
import EnergyModels
import Evaluation
import Flows
import Foundation
import Methods
import Recipes
import Scores
import System
import Training

/// Which run a result is of, and how it went: all of `result.json` but the scores.
public struct RunFacts: Codable, Sendable, Equatable {
    public var format = 1
    public var recipe: String
    public var recipeHash: String
    public var protocolHash: String
    public var method: String
    public var seed: Int
    public var dataName: String
    /// Of the training set.
    public var dataSHA256: String
    /// Of the test set. Absent from old results.
    public var testSHA256: String?
    /// Number of test images.
    public var testCount: Int
    /// True for a run that trained on the test images too, and was tested on nothing; absent from other results.
    public var isFinal: Bool?
    /// Labelled images in all.
    public var labels: Int
    public var splitRule: String
    /// Never the best test epoch.
    public var selection = RunResult.selectionRule
    public var base: String
    /// The layers' table, and the factor on its widths where that is not 1.
    public var network: String
    /// Of the labelled and the held-out images, where a seed of their own draws them.
    public var splitSeed: Int?
    /// Of the flow; equal for all seeds of a cell, or one for each. Absent from old results.
    public var flowSeed: Int?
    /// Names the trained flow that the run began with: runs of one name shared it. Nil for a run that trained none.
    public var flowHash: String?
    /// Training images held out to choose settings by.
    public var heldOutCount: Int?
    /// Updates by kind of phase.
    public var steps: [String: Int] = [:]
    /// Training time in all.
    public var seconds = 0.0
    public var phaseSeconds: [String: Double] = [:]
    public var machine: String
    public var commit: String
    /// The phases' ends, with the scores of `RunResult.phaseMetrics`.
    public var phases: [PhaseScores] = []
    /// What to type to repeat the run.
    public var command: String
    public var paper: ReportSettings.Paper?
    /// Wrong test images, base64 of bits: see `bitmap(of:)`.
    public var errors: String?
    /// Wrong held-out images, likewise.
    public var heldOutErrors: String?
    /// Of the features at the end, where the recipe asks for them; absent from old results.
    public var probes: [ProbeResult]?
    /// How far samples at the end are from images; nil where nobody has asked.
    public var sampleQuality: [SampleQuality]?

    /// What is known when a run starts.
    package init(recipe: Recipe, header: RunHeader, split: Split, command: String) {
        self.recipe = recipe.name
        recipeHash = recipe.hash
        protocolHash = recipe.protocolHash
        method = recipe.method.name
        seed = recipe.seed
        dataName = header.data.name
        dataSHA256 = header.data.sha256
        testSHA256 = header.data.testSHA256
        testCount = header.data.test
        isFinal = recipe.data.final ? true : nil
        labels = split.labelled.count
        heldOutCount = split.validation.count
        splitRule = split.rule
        base = recipe.energy.base.rawValue
        network = recipe.energy.networkTitle + recipe.input.title
        splitSeed = recipe.data.splitSeed > 0 ? recipe.data.splitSeed : nil
        flowSeed = recipe.flow.seed
        let hasFlow = recipe.phases.first?.is(FlowLikelihood.self) == true
        flowHash = hasFlow ? recipe.flowHash(data: header.data.sha256) : nil
        machine = header.machine.summary
        commit = header.commit
        self.command = command
        paper = recipe.report.paper
    }
}
