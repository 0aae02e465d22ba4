import Costs
import EnergyModels
import Methods
import Probes
import Recipes
import System
import Tables
import Training

/// What `fce recipe check` says of a recipe.
struct RecipeCheckRecord: Encodable {
    let kind = "recipe"
    let file, name, method: String
    let seed: Int
    let hash, protocolHash, data, energy: String
    let phases: [Phase]
    /// The probe of its features; nil without one.
    let probe: String?
    let cost: CostRecord
    /// Nil where it was not asked for.
    let checked: CheckedData?
    /// What several ranks would take; nil where it was not asked for, or nothing was measured.
    let ranks: Ranks?

    struct Ranks: Encodable {
        let ranks: Int
        let gigabytes: Double
        /// Over 10, 25 and 100 gigabits a second.
        let seconds10, seconds25, seconds100: Double

        init(_ cost: RankCost) {
            (ranks, gigabytes) = (cost.ranks, 1e-9 * cost.bytes)
            seconds10 = cost.seconds(gigabits: 10)
            seconds25 = cost.seconds(gigabits: 25)
            seconds100 = cost.seconds(gigabits: 100)
        }

        var text: String {
            "\(duration(seconds10)) over 10 gigabits, \(duration(seconds25)) over 25, \(duration(seconds100)) over 100; "
                + "\(fixed(gigabytes, 1)) GB of gradients leave each"
        }
    }

    struct Phase: Encodable {
        let kind: String
        let steps, batch: Int
        /// Labelled images an update; nil for a phase without.
        let labelledBatch: Int?
        let petaflop: Double
        /// Time with initialisation, tests and checkpoints; nil where nothing was measured.
        let seconds: Double?
    }

    init(
        _ file: String, _ recipe: Recipe, _ cost: CheckedCosts.Of<RunCost>, _ checked: CheckedData?,
        _ ranks: RankCost? = nil
    ) {
        self.checked = checked
        self.ranks = ranks.map(Ranks.init)
        self.file = file
        (name, method, seed) = (recipe.name, recipe.method.name, recipe.seed)
        (hash, protocolHash) = (recipe.hash, recipe.protocolHash)
        let labels = recipe.data.allLabels ? "all labels" : "\(recipe.data.labels) labels"
        data = "\(recipe.data.name), \(labels), \(recipe.data.validation) held out"
        energy = "\(recipe.energy.networkTitle), base \(recipe.energy.base.rawValue)"
        phases = zip(recipe.phases, cost.value.phases).map { Phase($0, $1, hasLabels: recipe.data.hasLabels) }
        probe = recipe.probe.labels.isEmpty ? nil : Self.summary(recipe.probe)
        self.cost = CostRecord(cost)
    }

    private static func summary(_ probe: ProbePlan) -> String {
        let labels = probe.labels.map { $0 == 0 ? "all" : String($0) }.joined(separator: ", ")
        return "\(probe.settings.method.rawValue), \(labels) labels, \(probe.settings.draws) draws, "
            + "\(probe.settings.holdOut) held out"
    }

    func printText() {
        print(file)
        var pairs = [
            ("  name", "\(name), method \(method), seed \(seed)"),
            ("  hash", "\(hash.prefix(12)), protocol \(protocolHash.prefix(12))"),
            ("  data", data),
        ]
        if let checked { pairs.append(("  checked", checked.text)) }
        pairs.append(("  energy", energy))
        pairs += phases.enumerated().map { ("  phase \($0 + 1)", $1.text) }
        if let probe { pairs.append(("  probe", probe)) }
        Console.printPairs(pairs + cost.lines + (ranks.map { [("  \($0.ranks) ranks", $0.text)] } ?? []))
    }
}

extension RecipeCheckRecord.Phase {
    fileprivate init(_ phase: PlannedPhase, _ cost: RunCost.Phase, hasLabels: Bool) {
        let isSupervised = phase.is(SupervisedPhase.self)
        kind = phase.kind
        steps = phase.steps
        batch = isSupervised ? phase.labelledBatch ?? phase.batch : phase.batch
        labelledBatch = hasLabels || isSupervised ? phase.labelledBatch : nil
        petaflop = cost.operations / 1e15
        seconds = cost.time?.seconds
    }

    fileprivate var text: String {
        let batches =
            kind == SupervisedPhase.kind
            ? "\(batch) labelled" : "\(batch)" + (labelledBatch.map { " + \($0) labelled" } ?? "")
        let time = seconds.map { ", \(duration($0))" } ?? ""
        return "\(kind), \(steps) steps, batches of \(batches), \(CostRecord.operations(petaflop))\(time)"
    }
}

/// What `fce recipe check` says of a table.
struct TableCheckRecord: Encodable {
    let kind = "table"
    let file, title, results: String
    let seeds, labels: [Int]
    let flowPerSeed: Bool
    let rows: [Row]
    let cost: CostRecord
    /// Nil where it was not asked for.
    let checked: CheckedData?

    struct Row: Encodable {
        let recipe: String
        let cells: Int
        let petaflop: Double
        /// Time of what its cells train themselves; nil where nothing was measured.
        let seconds: Double?
    }

    init(_ cells: TableCells, _ cost: CheckedCosts.Of<TableCost>, _ checked: CheckedData?) {
        self.checked = checked
        let table = cells.table
        (file, title, results) = (table.path, table.title, table.results)
        (seeds, labels, flowPerSeed) = (table.seeds, table.labels, table.flowPerSeed)
        rows = cost.value.rows.map {
            Row(
                recipe: $0.recipe, cells: $0.cells, petaflop: $0.operations / 1e15,
                seconds: $0.time?.seconds)
        }
        self.cost = CostRecord(cost)
    }

    func printText() {
        print(file)
        let counts = labels.map { $0 == 0 ? "all" : String($0) }.joined(separator: ", ")
        var pairs = [
            ("  title", title), ("  seeds", seeds.map(String.init).joined(separator: ", ")),
            ("  results", results), ("  flow", flowPerSeed ? "one for each seed" : "one for all seeds"),
        ]
        if !counts.isEmpty { pairs.append(("  labels", counts)) }
        if let checked { pairs.append(("  checked", checked.text)) }
        pairs += rows.enumerated().map { index, row in
            let time = row.seconds.map { ", \(duration($0))" } ?? ""
            let count = row.cells == 1 ? "1 cell" : "\(row.cells) cells"
            return (
                "  row \(index + 1)", "\(row.recipe): \(count), \(CostRecord.operations(row.petaflop))\(time)"
            )
        }
        Console.printPairs(pairs + cost.lines)
    }
}
