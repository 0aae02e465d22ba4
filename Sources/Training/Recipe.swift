import Datasets
import EnergyModels
import Flows
import Tensors

/// What an experiment is: data, models, objective and phases, read strictly from TOML.
///
/// Every key is listed once, in the schemas of its tables; the values below are its defaults. A recipe names everything that
/// decides a run's numbers but the machine.
public struct Recipe: Sendable, Equatable {
    /// Names the run in tables and run directories; by default the recipe file's folder and name.
    public var name = ""
    /// The row of the table that the run belongs to.
    public var method = Method("fce", lastPhase: "joint")
    /// Moves the initialisation and the batches, and which images are labelled unless `data.split-seed` does; `--seed` sets it.
    /// The flow has its own.
    public var seed = 1
    /// Number format of convolution activations and weights: bfloat16 where the processor computes in it, with `auto`.
    public var precision = Precision.auto
    public var data = DataSettings(source: .svhn)
    public var flow = FlowSettings(kind: .glow)
    public var energy = EnergySettings(base: .none)
    public var input = InputSettings()
    public var vat = VATSettings()
    public var entropy = WeightSettings(weight: 0)
    public var consistency = ConsistencySettings()
    public var label = LabelSettings()
    public var average = AverageSettings()
    public var generator = GeneratorSettings()
    public var phases: [PlannedPhase] = []
    public var log = IntervalSettings(every: 50)
    public var evaluate = EvaluationSettings()
    public var checkpoint = IntervalSettings(every: 500)
    public var probe = ProbePlan()
    public var report = ReportSettings()
    /// The comment at the head of the file, without `#`: the paper's number, the time, the command.
    public var header = ""

    public init() {}

    /// Samples of the flow that an update sees beside `batch` images: ν a datum.
    public func generatedBatch(_ batch: Int) -> Int { batch * energy.negatives }
}

extension Recipe {
    /// What a seed may be: room above for what is drawn from the seeds that follow.
    public static let seeds = 0...FlowSettings.largestSeed

    /// Draws the labelled images.
    public var labelSeed: Int { data.splitSeed > 0 ? data.splitSeed : seed }

    /// Draws the held-out images. By default that is the flow's seed, so that runs that share a flow hold out the same.
    public var heldOutSeed: Int { data.splitSeed > 0 ? data.splitSeed : flow.seed }

    /// Draws points and generated images: the flow's seed unless told otherwise, so that all seeds of a row see the same.
    package var dataSeed: UInt64 { UInt64(data.seed > 0 ? data.seed : flow.seed) }

    /// What the reader of the images needs to know beside source and directory.
    public var datasetOptions: DatasetOptions {
        var options = DatasetOptions()
        options.seed = dataSeed
        options.size = data.size
        options.channels = data.channels
        options.extra = data.extra
        options.testShare = data.testShare
        // Generated images of a model without classes have some all the same where a probe asks for them.
        options.classes = energy.classes == 1 && !probe.labels.isEmpty ? 10 : energy.classes
        if data.source.images?.keepsTestShare == true && data.test > 0 { options.testCount = data.test }
        if data.train > 0 { options.syntheticTrain = data.train }
        if data.test > 0 { options.syntheticTest = data.test }
        return options
    }
}

/// `[evaluate]`: how often models are tested.
public struct EvaluationSettings: Sendable, Equatable {
    /// Interval in updates as ``PhaseSettings/steps`` counts them; 0 means only at the end of each phase.
    public var every = 0
    /// The same interval between pictures of the densities in the plane.
    public var snapshots = 0

    public init() {}
}

/// `[log]`, `[checkpoint]`: how often something happens.
public struct IntervalSettings: Sendable, Equatable {
    /// Interval in steps; 0 means only at the end of each phase.
    public var every: Int

    public init(every: Int) { self.every = every }
}

/// `[report]`: what tables and reports print beside our numbers.
public struct ReportSettings: Sendable, Equatable {
    /// The cell of the paper that the recipe reproduces.
    public struct Paper: Sendable, Equatable, Codable {
        /// Test error in percent.
        public var value = 0.0
        /// Standard deviation over seeds, in points; 0 where the paper prints none.
        public var sd = 0.0
        public var cell = ""

        public init(value: Double = 0, sd: Double = 0, cell: String = "") {
            self.value = value
            self.sd = sd
            self.cell = cell
        }
    }

    public var paper: Paper?

    public init() {}
}

/// `[entropy]`: the weight of a term of the loss.
public struct WeightSettings: Sendable, Equatable {
    public var weight: Double

    public init(weight: Double) { self.weight = weight }
}
