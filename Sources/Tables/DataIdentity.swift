import Costs
import Datasets
import EnergyModels
import Flows
import Recipes
import Runs
import System
import Tensors
import Training

/// What cells of one table must agree in: their data, and how these are split.
public struct DataIdentity: Sendable, Equatable {
    /// Of the training set.
    public let sha256: String
    public let testSHA256: String?
    /// Nil in a table of several numbers of labels, whose split rules differ.
    public let splitRule: String?
    /// Nil where nobody has read the data.
    public let size: DataSize?

    package init(sha256: String, testSHA256: String? = nil, splitRule: String?, size: DataSize? = nil) {
        self.size = size
        self.sha256 = sha256
        self.testSHA256 = testSHA256
        self.splitRule = splitRule
    }

    /// Reads the data of every cell, equal ones once, and forgets them again.
    /// - Throws: `UserError` as reading the data does; `.data` when the cells do not share data and split rule, which
    ///   no table may mix.
    public static func read(_ cells: TableCells) throws -> DataIdentity {
        var known: [(cell: TableCell, identity: DataIdentity)] = []
        for cell in cells.cells where !known.contains(where: { $0.cell.recipe.readsTheSame(as: cell.recipe) })
        {
            let data = try ExperimentData(cell.recipe)
            let rule = cells.table.labels.isEmpty ? data.split.rule : nil
            let identity = DataIdentity(
                sha256: data.train.sha256, testSHA256: data.test.sha256, splitRule: rule, size: DataSize(data)
            )
            known.append((cell, identity))
        }
        let first = known[0]
        for other in known.dropFirst() where other.identity != first.identity {
            let isDrawn = cells.table.flowPerSeed && other.cell.recipe.name == first.cell.recipe.name
            let what = other.identity.splitRule != first.identity.splitRule ? "split rules" : "data"
            throw UserError(
                .data, "\(first.cell.label) and \(other.cell.label) have different \(what)",
                at: cells.table.path,
                advice: isDrawn
                    ? "the flow's seed draws these data: remove flow-per-seed"
                    : "put them into separate tables")
        }
        return first.identity
    }

    /// Whether a run saw these data, as far as it wrote down.
    package func isOf(_ record: DataRecord) -> Bool {
        record.sha256 == sha256 && (record.testSHA256 ?? testSHA256) == testSHA256
    }

    /// Where the trained flow that `recipe` begins with is kept; nil for a recipe that begins otherwise.
    package func flowPath(_ recipe: Recipe, _ options: TableOptions) throws -> String? {
        let cache = FlowCache(folder: options.flows)
        return try recipe.keptFlow(data: sha256, in: cache, automatic: options.precision)?.path
    }
}

extension Recipe {
    /// Whether data and split rule of two recipes are surely the same.
    public func readsTheSame(as other: Recipe) -> Bool {
        data == other.data && energy.classes == other.energy.classes && flow.seed == other.flow.seed
    }
}
