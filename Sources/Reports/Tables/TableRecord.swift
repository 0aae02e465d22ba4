import Experiments

/// A table's row in plain numbers, for programs to read: the element of the JSON form, a line of the CSV form.
public struct TableRecord: Codable, Equatable, Sendable {
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
    /// How many flows were trained for the row's seeds; 1: they share it. Nil for rows without one.
    public let trainedFlows: Int?
    /// Means over seeds.
    public let flowBitsPerDim: Double?
    public let energyBitsPerDim: Double?
    /// Bits/dim of the flow before its joint phase.
    public let pretrainedBitsPerDim: Double?
    /// Bits/dim of the EBM with log Z by importance sampling.
    public let normalizedBitsPerDim: Double?
    /// Bound in bits/dim of a variational autoencoder.
    public let boundBitsPerDim: Double?
    /// log Z in nats, and the smallest effective sample size of an estimate as a share of its samples.
    public let logZ: Double?
    public let effectiveShare: Double?
    /// Mean training time of a seed in seconds.
    public let seconds: Double
    /// Mean −log p(y|x) of test images in nats: mean over seeds, sample standard deviation.
    public let nll: Double?
    public let nllDeviation: Double?
    /// Expected calibration error in percent, likewise.
    public let ece: Double?
    public let eceDeviation: Double?
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
        /// C of each seed.
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
        errors = row.results.compactMap { $0.testError.map { 100 * $0 } }
        difference = row.difference
        interval = row.differenceInterval
        steps = sample.steps
        let flows = row.results.compactMap(\.flowHash)
        trainedFlows = flows.count == row.results.count ? Set(flows).count : nil
        flowBitsPerDim = Self.meanOfAll(row.results.map(\.flowBitsPerDim))
        energyBitsPerDim = Self.meanOfAll(row.results.map(\.energyBitsPerDim))
        pretrainedBitsPerDim = Self.meanOfAll(row.results.map(\.pretrainedBitsPerDim))
        normalizedBitsPerDim = Self.meanOfAll(row.results.map(\.normalizedBitsPerDim))
        boundBitsPerDim = Self.meanOfAll(row.results.map(\.boundBitsPerDim))
        logZ = Self.meanOfAll(row.results.map { $0.logZ?.estimate })
        effectiveShare = row.results.compactMap { $0.logZ?.effectiveShare }.min()
        seconds = mean(row.results.map(\.seconds))
        let likelihood = Self.summaryOfAll(row.results.map(\.testNLL))
        (nll, nllDeviation) = (likelihood?.mean, likelihood?.standardDeviation)
        let calibration = Self.summaryOfAll(row.results.map { $0.ece.map { 100 * $0 } })
        (ece, eceDeviation) = (calibration?.mean, calibration?.standardDeviation)
        densityErrors = DensityErrors(row)
        probes = row.probes.isEmpty ? nil : row.probes.map(Probe.init)
    }

    /// The mean where every seed has the figure: a mean over some of them would not be comparable.
    private static func meanOfAll(_ values: [Double?]) -> Double? { summaryOfAll(values)?.mean }

    static func summaryOfAll(_ values: [Double?]) -> Summary? {
        let known = values.compactMap(\.self)
        return known.count == values.count && !known.isEmpty ? Summary(known) : nil
    }
}

/// Four decimals; nothing for a figure that is missing or not finite.
func csvNumber(_ value: Double?) -> String { value.map { $0.isFinite ? fixed($0, 4) : "" } ?? "" }

extension TableRecord {
    static let csvHeader =
        "recipe,method,labels,network,base,protocol,paper_error,paper_sd,paper_cell,error,sd,n,seeds,errors,"
        + "difference,difference_low,difference_high,steps,trained_flows,flow_bits_per_dim,energy_bits_per_dim,seconds,"
        + "nll,nll_sd,ece,ece_sd,pretrained_bits_per_dim,normalized_bits_per_dim,log_z,effective_share,"
        + "bound_bits_per_dim,probe_labels,probe_errors,probe_sds"

    /// The row after RFC 4180; lists are separated by spaces, a missing figure is an empty field.
    var csv: String {
        let fields: [String] = [
            recipe, method, String(labels), network, base, protocolHash, number(paperError),
            number(paperDeviation), paperCell ?? "", number(error), number(deviation), String(seeds.count),
            seeds.map(String.init).joined(separator: " "), errors.map(number).joined(separator: " "),
            number(difference), number(interval?.lower), number(interval?.upper),
            steps.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " "),
            trainedFlows.map(String.init) ?? "", number(flowBitsPerDim), number(energyBitsPerDim),
            number(seconds), number(nll), number(nllDeviation), number(ece), number(eceDeviation),
            number(pretrainedBitsPerDim), number(normalizedBitsPerDim), number(logZ), number(effectiveShare),
            number(boundBitsPerDim),
            list { String($0.labels) }, list { number($0.error) }, list { number($0.deviation) },
        ]
        return fields.map(Self.quoted).joined(separator: ",")
    }

    private func list(_ value: (Probe) -> String) -> String {
        (probes ?? []).map(value).joined(separator: " ")
    }

    private func number(_ value: Double?) -> String { csvNumber(value) }

    static func quoted(_ field: String) -> String {
        field.contains { ",\"\n\r".contains($0) }
            ? "\"" + field.replacing("\"", with: "\"\"") + "\"" : field
    }
}
