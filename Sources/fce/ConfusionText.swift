import Evaluation
import System

/// A confusion matrix for a terminal: whole where it fits, else the most frequent mistakes.
struct ConfusionText {
    let counts: [[Int]]
    /// Of the classes, `[K]`.
    let names: [String]
    /// Columns to keep within.
    var width = 100
    /// The most mistakes, and the most classes with their errors, that are listed.
    private static let listed = 20
    /// The longest name at the head of a column.
    private static let longest = 12

    func show() {
        showErrors()
        for heads in [names, counts.indices.map(String.init)] where fits(heads) { return showMatrix(heads) }
        showMistakes()
    }

    private func showErrors() {
        let errors = ConfusionMatrix(counts: counts).classErrors
        let measured = errors.indices.filter { errors[$0].isFinite }
        let isShort = errors.count <= Self.listed
        let shown =
            isShort
            ? Array(errors.indices)
            : Array(measured.sorted { (errors[$1], $0) < (errors[$0], $1) }.prefix(Self.listed))
        let cells = shown.map { names[$0] + " " + percentText(errors[$0]) }
        print(
            (isShort ? "error by true class: " : "largest errors by true class, of \(errors.count): ")
                + cells.joined(separator: ", "))
        if measured.count < errors.count {
            print("– has no test image: \(errors.count - measured.count) of \(errors.count) classes")
        }
    }

    private func rowTitles(_ heads: [String]) -> [String] {
        heads == names ? names : names.enumerated().map { String($0) == $1 ? $1 : "\($0) \($1)" }
    }

    private func fits(_ heads: [String]) -> Bool {
        guard heads.allSatisfy({ $0.count <= Self.longest }) else { return false }
        let columns = heads.indices.map { column in
            2 + max(heads[column].count, counts.map { String($0[column]).count }.max() ?? 0)
        }
        return (rowTitles(heads).map(\.count).max() ?? 0) + columns.reduce(0, +) <= width
    }

    private func showMatrix(_ heads: [String]) {
        print("confusion (rows: true class, columns: predicted class)")
        let rows = zip(rowTitles(heads), counts).map { [$0] + $1.map(String.init) }
        Console.printTable([""] + heads, rows)
    }

    private func showMistakes() {
        var mistakes: [(truth: Int, guess: Int, count: Int)] = []
        for (truth, row) in counts.enumerated() {
            for (guess, count) in row.enumerated() where guess != truth && count > 0 {
                mistakes.append((truth, guess, count))
            }
        }
        let wrong = mistakes.reduce(0) { $0 + $1.count }
        print(
            "most frequent mistakes, of \(wrong) wrong test images of \(counts.count) classes (--json has the whole "
                + "confusion matrix)")
        let most = mistakes.sorted { ($1.count, $0.truth, $0.guess) < ($0.count, $1.truth, $1.guess) }
        let rows = most.prefix(Self.listed).map { mistake in
            let share = Double(mistake.count) / Double(counts[mistake.truth].reduce(0, +))
            return [
                names[mistake.truth], names[mistake.guess], String(mistake.count), percentText(share),
            ]
        }
        Console.printTable(["true class", "predicted", "images", "of the class"], Array(rows), left: [0, 1])
    }
}
