import Foundation
import Tensors
import Training

/// Predicts what recipes cost on this machine: every kind of phase is measured for about a second, on generated images,
/// and what was measured is kept.
public final class CostEstimator {
    /// What a prediction is based on.
    public struct Basis: Sendable, Equatable {
        public var processor = ""
        public var threads = 0
        public var precision = ""
        /// Seconds that were spent on measuring.
        public var measuredSeconds = 0.0
        /// Age in seconds of the oldest speed that was kept from an earlier call; nil where all are new.
        public var age: Double?
        /// Processors that other programs used meanwhile; nil where that did not slow the measurement.
        public var busyProcessors: Double?
    }

    public private(set) var basis = Basis()
    private let cache: SpeedCache?
    private let threads: Int?
    private let now: () -> Double
    private let watchLoad: LoadWatch
    private let announce: () -> Void
    private var known: [String: any Codable & Sendable] = [:]
    private var hasAnnounced = false
    /// Seconds that the updates of all phases of a recipe may take.
    private static let budget = 1.2

    /// Begins to watch what other programs use; the result says how many processors that was since, where it left too few
    /// for a number of threads.
    package typealias LoadWatch = () -> (Int) -> Double?

    /// - Parameters:
    ///   - threads: nil: all processors.
    ///   - cache: where speeds are kept from call to call; nil: nowhere.
    ///   - announce: called before the first measurement.
    public convenience init(
        threads: Int?, cache: SpeedCache? = SpeedCache.ofUser(), announce: @escaping () -> Void = {}
    ) {
        self.init(
            threads: threads, cache: cache, now: { Date.now.timeIntervalSince1970 }, announce: announce)
    }

    package init(
        threads: Int?, cache: SpeedCache?, now: @escaping () -> Double,
        watchLoad: @escaping LoadWatch = { MachineLoad().disturbance }, announce: @escaping () -> Void = {}
    ) {
        (self.threads, self.cache, self.now, self.announce) = (threads, cache, now, announce)
        self.watchLoad = watchLoad
    }

    /// - Parameters:
    ///   - recipe: what to predict the cost of.
    ///   - size: of the recipe's data; nil where they are not there.
    /// - Throws: `UserError(.recipe)` for a precision or a number of threads that the machine does not have,
    ///   `.memory` where the models do not fit.
    public func cost(of recipe: Recipe, _ size: DataSize?) throws -> RunCost {
        let backend = try Device.standard.open(threads: threads, precision: recipe.precision)
        let machine = SpeedMachine(backend)
        (basis.processor, basis.threads, basis.precision) = (
            machine.processor, machine.threads, machine.precision
        )
        let budget = Self.budget / Double(max(1, recipe.phases.count))
        let speeds = try recipe.phases.indices.map { index in
            try speed(SpeedKey(recipe, phase: index, machine), threads: machine.threads) {
                try SpeedTrial(recipe, phase: index, backend: backend, budget: budget).measure()
            }
        }
        var probe: ProbeSpeed?
        if !recipe.probe.labels.isEmpty {
            let images = size?.train ?? 0
            probe = try speed(SpeedKey(probeOf: recipe, images: images, machine), threads: machine.threads) {
                try ProbeTrial(recipe, images: images, backend: backend).measure()
            }
        }
        return RunCost(recipe, speeds, probe, size)
    }

    /// The costs of recipes by their names.
    public func costs(of recipes: [Recipe], _ size: DataSize?) throws -> [String: RunCost] {
        try recipes.reduce(into: [:]) { $0[$1.name] = try cost(of: $1, size) }
    }

    /// Whether training takes so long that its end is worth the seconds of a measurement: 20 s on a fast machine.
    public static func isWorthwhile(_ recipes: some Sequence<Recipe>) -> Bool {
        recipes.reduce(0) { $0 + RunCost($1).operations } >= 1e13
    }

    private func speed<Speed: Codable & Sendable>(
        _ key: SpeedKey, threads: Int, measure: () throws -> Speed
    ) throws -> Speed {
        if let speed = known[key.text] as? Speed { return speed }
        if let kept = cache?.read(Speed.self, key, now: now()) {
            basis.age = max(basis.age ?? 0, kept.age)
            known[key.text] = kept.speed
            return kept.speed
        }
        if !hasAnnounced { announce() }
        hasAnnounced = true
        let disturbance = watchLoad()
        var speed: Speed?
        basis.measuredSeconds += try ComputeTime.of { speed = try measure() }.seconds
        guard let speed else { preconditionFailure("measured nothing") }
        known[key.text] = speed
        if let others = disturbance(threads) {
            // What others slow down must not be believed for a month.
            basis.busyProcessors = max(basis.busyProcessors ?? 0, others)
        } else {
            cache?.write(speed, key, now: now())
        }
        return speed
    }
}
