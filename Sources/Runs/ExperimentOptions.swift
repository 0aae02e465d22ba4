import Evaluation
import Recipes
import System
import Tensors
import Training

/// How a recipe is run.
public struct ExperimentOptions: Sendable {
    /// The run directory.
    public var out: String
    public var resume = false
    /// A run, or the folder of its `seed-N`, whose ended phases begin the recipe; nil: train all phases.
    public var origin: String?
    public var device = Device.standard
    /// nil: all processors.
    public var threads: Int?
    /// What precision "auto" of a recipe means; nil: what the device computes fastest.
    public var precision: Precision?
    /// The number of phases after which the run pauses; nil: train to the end.
    public var lastPhase: Int?
    /// The folder of trained flows; nil: train the flow in any case.
    public var flows: String?
    /// Whether lines of progress say when the run will end, which a long one is measured for.
    public var isForecast = false
    /// What the user typed, for tables.
    public var command = ""
    /// Whether to write a TensorBoard event file; a run that has one goes on with it.
    public var tensorboard = false
    /// Whether to note each line of metrics and each checkpoint.
    public var isVerbose = false
    /// Whether the run directory stays when the process ends.
    public var isKept = true
    /// Whether to write a checkpoint and leave, by default after a signal.
    public var isInterrupted: @Sendable () -> Bool = { Interruption.isRequested }
    /// The ranks that train together.
    public var world = World.alone

    public init(out: String) { self.out = out }
}
