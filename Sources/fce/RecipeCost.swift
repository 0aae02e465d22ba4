import Costs
import Reports
import System
import Tables
import Training

/// Predicts the costs that `fce recipe check` prints. Data that several files share are read once.
final class CheckedCosts {
    /// A cost and what it is based on.
    struct Of<Cost> {
        let value: Cost
        let total: ComputeTime?
        let operations: Double
        /// Nil where only operations were counted.
        let basis: CostEstimator.Basis?
        /// Why reading and tests are not counted; nil where they are.
        let missing: String?
    }

    private let isMeasured: Bool
    private let threads: Int?
    private let cache = SpeedCache.ofUser()
    private var sizes: [(recipe: Recipe, size: Result<DataSize, UserError>)] = []

    init(threads: Int?, isMeasured: Bool) { (self.threads, self.isMeasured) = (threads, isMeasured) }

    func cost(of recipe: Recipe) throws -> Of<RunCost> {
        guard isMeasured else {
            let cost = RunCost(recipe)
            return Of(value: cost, total: nil, operations: cost.operations, basis: nil, missing: nil)
        }
        let (size, missing) = try size(of: recipe)
        let estimator = estimator(for: recipe.name)
        let cost = try estimator.cost(of: recipe, size)
        return Of(
            value: cost, total: cost.total, operations: cost.operations, basis: estimator.basis,
            missing: missing)
    }

    func cost(of cells: TableCells) throws -> Of<TableCost> {
        guard isMeasured, let recipe = cells.recipes.first else {
            let cost = try TableCost(operationsOf: cells)
            return Of(value: cost, total: nil, operations: cost.operations, basis: nil, missing: nil)
        }
        let (size, missing) = try size(of: recipe)
        let estimator = estimator(for: cells.table.path)
        let cost = try estimator.cost(of: cells, size)
        return Of(
            value: cost, total: cost.total, operations: cost.operations, basis: estimator.basis,
            missing: missing)
    }

    private func estimator(for name: String) -> CostEstimator {
        CostEstimator(threads: threads, cache: cache) {
            Console.error("measuring how fast this machine trains \(name)")
        }
    }

    private func size(of recipe: Recipe) throws -> (DataSize?, missing: String?) {
        let known = sizes.first { $0.recipe.readsTheSame(as: recipe) }?.size
        let result: Result<DataSize, UserError>
        if let known {
            result = known
        } else {
            do {
                result = .success(try DataSize.reading(recipe))
            } catch let error as UserError {
                result = .failure(error)
            }
            sizes.append((recipe, result))
        }
        switch result {
        case .success(let size): return (size, nil)
        case .failure(let error): return (nil, "\(error)")
        }
    }
}

/// A cost in plain numbers, with what it is based on.
struct CostRecord: Encodable {
    let petaflop: Double
    /// Time from reading the data to the report; nil where nothing was measured.
    let seconds: Double?
    /// Seconds of all processors together.
    let processorSeconds: Double?
    /// Seconds of what is not a phase; nil where there is none, or of a table.
    let reading, probe, ending: Double?
    let threads: Int?
    let processor, precision: String?
    /// Seconds spent on measuring just now.
    let measuredSeconds: Double?
    /// Age of the oldest measurement in seconds; 0 for one of just now.
    let measurementAge: Double?
    /// Processors that other programs used during the measurement, which it suffered from.
    let busyProcessors: Double?
    /// Why reading the data and tests are not counted.
    let missing: String?

    init<Cost>(_ cost: CheckedCosts.Of<Cost>) {
        let run = cost.value as? RunCost
        petaflop = cost.operations / 1e15
        (seconds, processorSeconds) = (cost.total?.seconds, cost.total?.processorSeconds)
        (reading, probe) = (run?.reading?.seconds, run?.probe?.seconds)
        ending = run?.ending?.seconds
        let basis = cost.basis
        (threads, processor, precision) = (basis?.threads, basis?.processor, basis?.precision)
        measuredSeconds = basis?.measuredSeconds
        measurementAge = basis.map { $0.age ?? 0 }
        busyProcessors = basis?.busyProcessors
        missing = cost.missing
    }

    var lines: [(name: String, value: String)] {
        guard let seconds, let processorSeconds else {
            return [("  cost", "\(Self.operations(petaflop)); how long it takes was not measured")]
        }
        let others = [("reading the data", reading), ("probe", probe), ("scores and report", ending)]
            .compactMap { name, time in time.map { "\(name) \(duration($0))" } }
        let rate = fixed(1e6 * petaflop / seconds, 0)
        let total =
            "\(duration(seconds)): \(Self.operations(petaflop)) at \(rate) GFLOP/s, "
            + "\(duration(processorSeconds)) of processor time"
        return (others.isEmpty ? [] : [("  other", others.joined(separator: ", "))])
            + [("  cost", total), ("  based on", basis)]
            + (missing.map { [("  not counted", "reading the data and tests: \($0)")] } ?? [])
    }

    private var basis: String {
        let count = threads ?? 0
        let machine =
            "\(count) thread\(count == 1 ? "" : "s") of \(processor ?? ""), \(precision ?? "")"
        let age = measurementAge ?? 0
        let spent = measuredSeconds ?? 0
        var parts = ["its own updates on \(machine)"]
        if spent > 0 { parts.append("measured just now in \(duration(spent))") }
        if age > 0 { parts.append("\(spent > 0 ? "some kept" : "kept") from \(Self.ago(age))") }
        if let busyProcessors {
            parts.append(
                "while other programs used \(fixed(busyProcessors, 1)) processors: alone it is faster"
            )
        }
        return parts.joined(separator: ", ")
    }

    private static func ago(_ seconds: Double) -> String {
        seconds < 172_800 ? "\(duration(seconds)) ago" : "\(Int(seconds / 86_400)) days ago"
    }

    /// `0.41 PFLOP`, `9.1 TFLOP`.
    static func operations(_ petaflop: Double) -> String {
        petaflop < 0.1
            ? fixed(1000 * petaflop, petaflop < 0.01 ? 1 : 0) + " TFLOP"
            : fixed(petaflop, petaflop < 10 ? 2 : 0) + " PFLOP"
    }
}
