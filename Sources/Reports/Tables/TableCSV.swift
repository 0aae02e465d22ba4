import Scores
import System

/// A column of a table's CSV form; lists are separated by spaces, a missing figure is an empty field.
private struct CSVColumn: Sendable {
    let name: String
    let text: @Sendable (TableRecord) -> String

    init(_ name: String, _ text: @escaping @Sendable (TableRecord) -> String) {
        self.name = name
        self.text = text
    }

    init(_ name: String, number: @escaping @Sendable (TableRecord) -> Double?) {
        self.init(name) { csvNumber(number($0)) }
    }
}

extension ResultsTable {
    /// The table after RFC 4180.
    public var csv: String {
        let records = rows.map(TableRecord.init)
        let columns = CSVColumn.columns(of: records)
        let lines = records.map { record in columns.map { csvQuoted($0.text(record)) } }
        return ([columns.map(\.name)] + lines).map { $0.joined(separator: ",") }.joined(separator: "\r\n")
            + "\r\n"
    }
}

extension CSVColumn {
    /// The columns that every table has, then those of figures that a row of this one has.
    static func columns(of records: [TableRecord]) -> [CSVColumn] {
        always + (records.contains { $0.densityErrors != nil } ? densityErrors : [])
            + later.filter { column in records.contains { !column.text($0).isEmpty } }
    }

    private static let always =
        cell + scores([.flowBitsPerDim, .energyBitsPerDim]) + [CSVColumn("seconds", number: \.seconds)]
        + scores([.testNLL, .ece])
        + [CSVColumn("pretrained_bits_per_dim", number: \.pretrainedBitsPerDim)]
        + scores([.normalizedBitsPerDim])
        + [CSVColumn("log_z", number: \.logZ), CSVColumn("effective_share", number: \.effectiveShare)]
        + scores([.boundBitsPerDim]) + probes

    /// The columns of all other scores: a table of old results has no column that it had not.
    private static let later = scores(Metric.scores).filter { column in
        !always.contains { $0.name == column.name }
    }

    private static let cell = [
        CSVColumn("recipe") { $0.recipe }, CSVColumn("method") { $0.method },
        CSVColumn("labels") { String($0.labels) }, CSVColumn("network") { $0.network },
        CSVColumn("base") { $0.base }, CSVColumn("protocol") { $0.protocolHash },
        CSVColumn("paper_error", number: \.paperError), CSVColumn("paper_sd", number: \.paperDeviation),
        CSVColumn("paper_cell") { $0.paperCell ?? "" }, CSVColumn("error", number: \.error),
        CSVColumn("sd", number: \.deviation), CSVColumn("n") { String($0.seeds.count) },
        CSVColumn("seeds") { $0.seeds.map(String.init).joined(separator: " ") },
        CSVColumn("errors") { $0.errors.map(csvNumber).joined(separator: " ") },
        CSVColumn("difference", number: \.difference),
        CSVColumn("difference_low", number: \.interval?.lower),
        CSVColumn("difference_high", number: \.interval?.upper),
        CSVColumn("steps") { record in
            record.steps.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        },
        CSVColumn("trained_flows") { $0.trainedFlows.map(String.init) ?? "" },
    ]

    /// The mean of each metric, and its standard deviation where it has one.
    private static func scores(_ metrics: [Metric]) -> [CSVColumn] {
        metrics.flatMap { metric -> [CSVColumn] in
            guard let column = metric.column else { return [] }
            let name = snakeCase(column.key)
            let mean = CSVColumn(name, number: { $0.scores[metric]?.mean })
            guard column.hasDeviation else { return [mean] }
            return [mean, CSVColumn(name + "_sd", number: { $0.scores[metric]?.deviation })]
        }
    }

    private static let probes = [
        CSVColumn("probe_labels") { list($0) { String($0.labels) } },
        CSVColumn("probe_errors") { list($0) { csvNumber($0.error) } },
        CSVColumn("probe_sds") { list($0) { csvNumber($0.deviation) } },
    ]

    private static func list(_ record: TableRecord, _ text: (TableFacts.Probe) -> String) -> String {
        (record.probes ?? []).map(text).joined(separator: " ")
    }

    private static let densityErrors = [
        CSVColumn("mle_flow_mse", number: \.densityErrors?.likelihoodFlow),
        CSVColumn("mle_flow_mse_sd", number: \.densityErrors?.likelihoodFlowDeviation),
        CSVColumn("flow_mse", number: \.densityErrors?.flow),
        CSVColumn("flow_mse_sd", number: \.densityErrors?.flowDeviation),
        CSVColumn("energy_mse", number: \.densityErrors?.energy),
        CSVColumn("energy_mse_sd", number: \.densityErrors?.energyDeviation),
        CSVColumn("energy_mses") { record in
            (record.densityErrors?.energies ?? []).map(csvNumber).joined(separator: " ")
        },
    ]
}

/// `flow_bits_per_dim` of `flowBitsPerDim`.
private func snakeCase(_ name: String) -> String {
    name.map { $0.isUppercase ? "_" + $0.lowercased() : String($0) }.joined()
}

/// The field has four decimals; it is empty for a figure that is missing or not finite.
func csvNumber(_ value: Double?) -> String { value.map { $0.isFinite ? fixed($0, 4) : "" } ?? "" }
