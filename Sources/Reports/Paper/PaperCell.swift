import Scores

/// A cell of a table, or a figure, of the paper: what it prints, and the recipes that make it.
public struct PaperCell: Sendable, Equatable {
    /// What a run has that stands in the cell.
    public enum Measure: Sendable, Equatable {
        /// The share of wrong test images.
        case error
        /// The error of a linear classifier on features, trained with so many labels.
        case probe(labels: Int)
        /// Bits/dim of the flow after maximum likelihood.
        case pretrainedFlow
        case score(Metric)
        /// A picture, at this path of the repository; nil where there is none.
        case picture(String?)
    }

    /// Such as `Table 4`.
    public let place: String
    public let row: String
    public let column: String
    /// As the paper prints it; empty where that is not at hand, or for a picture.
    public let printed: String
    public let measure: Measure
    /// The recipe at the paper's size; nil where there is none.
    public let recipe: String?
    /// Recipes at a size that was trained here, or may be.
    public let here: [String]
    /// Why nothing makes the cell; nil where a recipe does.
    public let missing: String?
}

extension PaperCell.Measure {
    public static func == (first: Self, second: Self) -> Bool { "\(first)" == "\(second)" }
}

extension PaperCell {
    /// One row of a table: cells that differ by the column.
    static func row(
        _ place: String, _ row: String, _ columns: [(column: String, printed: String)],
        _ measure: (Int) -> Measure = { _ in .error }, at recipes: [String?] = [], here: [[String]] = [],
        missing: String? = nil
    ) -> [PaperCell] {
        columns.enumerated().map { index, cell in
            let recipe = index < recipes.count ? recipes[index] : nil
            let small = index < here.count ? here[index] : []
            return PaperCell(
                place: place, row: row, column: cell.column, printed: cell.printed, measure: measure(index),
                recipe: recipe, here: small, missing: recipe == nil && small.isEmpty ? missing : nil)
        }
    }
}
