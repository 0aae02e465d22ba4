import Evaluation
import Runs
import Scores
import System
import Training

/// A row's facts say which cell it is, and in plain numbers all that is said of it beside its scores.
public struct TableFacts: Codable, Equatable, Sendable {
    public let recipe: String
    public let method: String
    public let labels: Int
    public let network: String
    public let base: String
    public let protocolHash: String
    /// The error in percent, as the paper prints it.
    public let paperError: Double?
    public let paperDeviation: Double?
    public let paperCell: String?
    /// Test error in percent: mean over seeds, sample standard deviation.
    public let error: Double?
    public let deviation: Double?
    public let seeds: [Int]
    /// Test error in percent of each seed, in the order of `seeds`.
    public let errors: [Double]
    /// Ours minus the paper's in points of percent, with Student's 95 % interval.
    public let difference: Double?
    public let interval: Interval?
    /// Updates by phase.
    public let steps: [String: Int]
    /// The number of flows that were trained for the row's seeds; 1: they share it. Nil for rows without one.
    public let trainedFlows: Int?
    /// Bits/dim of the flow before its joint phase.
    public let pretrainedBitsPerDim: Double?
    /// log Z in nats, and the smallest effective sample size of an estimate as a share of its samples.
    public let logZ: Double?
    public let effectiveShare: Double?
    /// Mean training time of a seed in seconds.
    public let seconds: Double
    /// Errors of log densities of runs whose true density is known.
    public let densityErrors: DensityErrors?
    /// Probes of the features, by rising number of labels; nil for rows without.
    public let probes: [Probe]?

    /// Linear classifiers on features.
    public struct Probe: Codable, Equatable, Sendable {
        public let labels: Int
        public let classifier: String
        public let features: Int
        /// Test error in percent: mean over seeds, sample standard deviation, and of each seed.
        public let error: Double
        public let deviation: Double?
        public let errors: [Double]
        /// The cost C of each seed.
        public let costs: [Double]

        init(_ probe: ResultsTable.Row.Probe) {
            (labels, errors, costs) = (probe.labels, probe.errors, probe.costs)
            (classifier, features) = (probe.sample.classifier, probe.sample.features)
            (error, deviation) = (probe.summary.mean, probe.summary.standardDeviation)
        }
    }

    init(_ row: ResultsTable.Row) {
        let sample = row.sample
        recipe = sample.recipe
        method = sample.method
        labels = sample.labels
        network = sample.network
        base = sample.base
        protocolHash = sample.protocolHash
        paperError = sample.paper?.value
        paperDeviation = sample.paper?.sd
        paperCell = sample.paper?.cell
        error = row.error.map { 100 * $0.mean }
        deviation = row.error?.standardDeviation.map { 100 * $0 }
        seeds = row.results.map(\.seed)
        errors = row.percentages
        difference = row.difference
        interval = row.differenceInterval
        steps = sample.steps
        let flows = row.results.compactMap(\.flowHash)
        trainedFlows = flows.count == row.results.count ? Set(flows).count : nil
        pretrainedBitsPerDim = Summary(ofAll: row.results.map(\.pretrainedBitsPerDim))?.mean
        logZ = Summary(ofAll: row.results.map { $0.scores.logZ?.estimate })?.mean
        effectiveShare = row.results.compactMap { $0.scores.logZ?.effectiveShare }.min()
        seconds = mean(row.results.map(\.seconds))
        densityErrors = DensityErrors(row)
        probes = row.probes.isEmpty ? nil : row.probes.map(Probe.init)
    }
}
