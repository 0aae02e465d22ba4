import Datasets
import Probes
import Training

/// What training a recipe costs on this machine: predicted from speeds that were measured, or operations alone.
public struct RunCost: Sendable, Equatable {
    public struct Phase: Sendable, Equatable {
        public let kind: String
        public let steps: Int
        /// Operations in the products of all updates.
        public let operations: Double
        /// Initialisation, updates, and pools of samples; nil where nothing was measured.
        public var training: ComputeTime?
        /// Tests on the way and at the phase's end, pictures and checkpoints.
        public var tests: ComputeTime?

        /// All of the phase.
        public var time: ComputeTime? { training.map { $0 + (tests ?? .zero) } }
    }

    public let phases: [Phase]
    /// Reading the data; nil where they are not there or nobody read them.
    public var reading: ComputeTime?
    /// The probe of the last phase's features; nil for a recipe without one.
    public var probe: ComputeTime?
    /// Starting, the last iterate's scores, and writing results and report; nil where nothing was measured.
    public var ending: ComputeTime?

    /// Operations of all phases.
    public var operations: Double { phases.reduce(0) { $0 + $1.operations } }

    /// From the first phase to the report; nil where nothing was measured.
    public var total: ComputeTime? { rest(from: 0) }

    /// The phases from `first` on, reading the data before them and what follows them; nil where nothing was measured.
    public func rest(from first: Int) -> ComputeTime? {
        guard ending != nil else { return nil }
        return ComputeTime.sum(phases.dropFirst(first).compactMap(\.time)) + surroundings
    }

    /// Everything but the phases.
    package var surroundings: ComputeTime { (reading ?? .zero) + (probe ?? .zero) + (ending ?? .zero) }

    /// Operations alone.
    public init(_ recipe: Recipe) {
        phases = recipe.phases.map {
            Phase(
                kind: $0.kind, steps: $0.steps,
                operations: recipe.operations(of: $0, extents: recipe.extents))
        }
    }

    package init(
        phases: [Phase], reading: ComputeTime? = nil, probe: ComputeTime? = nil, ending: ComputeTime?
    ) {
        (self.phases, self.reading, self.probe, self.ending) = (phases, reading, probe, ending)
    }
}

/// How many examples a recipe trains and tests on, and what reading them takes.
public struct DataSize: Sendable, Equatable {
    public let train: Int
    public let test: Int
    /// Nil where nobody measured it.
    public var reading: ComputeTime?

    public init(train: Int, test: Int, reading: ComputeTime? = nil) {
        (self.train, self.test, self.reading) = (train, test, reading)
    }

    public init(_ data: ExperimentData) { self.init(train: data.train.count, test: data.test.count) }

    /// Reads the data of `recipe` as a run does, hashes included, and forgets them again.
    /// - Throws: `UserError` as reading the data does.
    public static func reading(_ recipe: Recipe) throws -> DataSize {
        var size = DataSize(train: 0, test: 0)
        let time = try ComputeTime.of {
            let data = try ExperimentData(recipe)
            size = DataSize(data)
            // A run names its data by them.
            precondition(!data.train.sha256.isEmpty && !data.test.sha256.isEmpty)
        }
        size.reading = time
        return size
    }

    /// Examples without a label that a phase sees.
    package func unlabelled(_ recipe: Recipe) -> Int { max(0, train - recipe.data.validation) }
}

extension RunCost {
    /// Starting a process, writing the results, and the report: seconds. They hardly depend on the recipe.
    private static let overhead = ComputeTime(seconds: 1, processorSeconds: 1)

    /// The cost of `recipe` at the measured speed of each of its phases.
    ///
    /// - Parameter size: nil where the data are not there: tests then count nothing.
    package init(_ recipe: Recipe, _ speeds: [PhaseSpeed], _ probe: ProbeSpeed?, _ size: DataSize?) {
        let plain = RunCost(recipe)
        let timing = zip(recipe.phases, speeds).map { phase, speed in
            PhaseTiming(recipe: recipe, phase: phase, speed: speed, size: size ?? DataSize(train: 0, test: 0))
        }
        let phases = zip(plain.phases, timing).map { phase, timing in
            var phase = phase
            (phase.training, phase.tests) = (timing.training, timing.tests)
            return phase
        }
        self.init(
            phases: phases, reading: size?.reading, probe: probe.map { $0.time(recipe, size) },
            ending: (timing.last?.ending ?? .zero) + Self.overhead)
    }
}

extension ProbeSpeed {
    /// Features of all images, then every problem: C chosen by some draws, others tested with it.
    fileprivate func time(_ recipe: Recipe, _ size: DataSize?) -> ComputeTime {
        let settings = recipe.probe.settings(of: recipe)
        let images = Double((size?.train ?? 0) + (size?.test ?? 0))
        return zip(recipe.probe.labels, problems).reduce(images * features) { sum, problem in
            let (labels, speed) = problem
            let work = settings.work(labels: labels)
            return sum + Double(work.problems) * speed.making + Double(work.solutions) * speed.solving
        }
    }
}
