import Evaluation
import Runs

/// A table tells of probes: linear classifiers on the features of a row's runs.
extension ResultsTable.Row {
    /// The probes of one number of labels over the row's seeds.
    struct Probe: Sendable {
        let labels: Int
        /// Test error of each seed in percent, the mean over draws, in the order of the results.
        let errors: [Double]
        /// The cost C of each seed.
        let costs: [Double]
        let sample: ProbeResult

        var summary: Summary { Summary(errors) }
    }

    /// The probes that every seed has, by rising number of labels.
    var probes: [Probe] {
        (results.first?.probes ?? []).compactMap { sample in
            let own = results.compactMap { result in
                result.probes?.first {
                    ($0.labels, $0.classifier, $0.layers) == (sample.labels, sample.classifier, sample.layers)
                }
            }
            guard own.count == results.count else { return nil }
            return Probe(
                labels: sample.labels, errors: own.map { 100 * $0.error }, costs: own.map(\.cost),
                sample: sample)
        }.sorted { $0.labels < $1.labels }
    }
}

extension ResultsTable {
    /// Each number of labels that a row was probed with has its column.
    static func probeColumns(_ rows: [Row]) -> [Column] {
        Set(rows.flatMap { $0.probes.map(\.labels) }).sorted().map { labels in
            Column("probe, \(labels) labels, %") { row in
                guard let probe = row.probes.first(where: { $0.labels == labels }) else { return "–" }
                return "\(meanAndDeviation(probe.errors, 2)) (\(probe.errors.count))"
            }
        }
    }

    /// The sentences say what the probes rest on; a table without any has none.
    var probeSentences: [String] {
        let samples = rows.flatMap { $0.probes.map(\.sample) }
        guard !samples.isEmpty else { return [] }
        func list(_ values: [String]) -> String { unique(values).joined(separator: ", ") }
        let kinds = list(samples.map { "\($0.classifier) on \($0.features) features" })
        return [
            "Probe: \(kinds) of a run's last weights; mean over draws of the labels "
                + "(\(list(samples.map { String($0.errors.count) }))), then mean ± sample sd over seeds; C chosen by "
                + "\(list(samples.map { String($0.holdOut) })) training images in no draw."
        ]
    }
}
