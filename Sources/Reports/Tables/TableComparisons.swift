import Runs
import System

/// A table tells by how much its rows err less than one of them.
extension ResultsTable {
    /// The row that others are compared with: the one that ``against`` names, else the first that classifies.
    var reference: Row? {
        rows.first { row in
            against.map { row.sample.recipe == $0 || ComparisonContent.stem(row.sample.recipe) == $0 }
                ?? (row.error != nil)
        }
    }

    /// The other rows against the reference. Rows that did not record which images they miss are left out, and so are those
    /// of other held-out images.
    public var comparisons: [RunComparison] {
        guard let reference else { return [] }
        return rows.filter { $0.sample.recipe != reference.sample.recipe && $0.error != nil }
            .compactMap { try? RunComparison($0, against: reference) }
    }

    /// The comparisons with their head; nil without any.
    var differences: (title: String, note: String, head: [String], rows: [[String]])? {
        let comparisons = comparisons
        guard let first = comparisons.first else { return nil }
        let isTold = comparisons.contains { $0.verdict != .tooFewSeeds }
        let isUntold = comparisons.contains { $0.verdict == .tooFewSeeds }
        let note =
            "The interval over seeds and images says how a difference would vary with other trainings and other test "
            + "images; the one over images alone takes the trainings as given (paired bootstrap, \(first.testCount) images)."
            + (isUntold ? " F" + RunComparison.tooFewSeeds.dropFirst() + "." : "")
        let head =
            [
                "recipe", "points", "each seed", "95 % over seeds and images", "95 % over images alone",
            ] + (isTold ? ["verdict"] : [])
        let cells = comparisons.map { one in
            [one.recipe, signed(one.difference, 2), one.seedText, one.intervalText, one.imagesInterval.text]
                + (isTold ? [one.shortVerdict] : [])
        }
        return ("Test error against that of \(first.against)", note, head, cells)
    }

    /// The comparisons as a part of the Markdown form; empty without any.
    var differencesMarkdown: [String] {
        guard let table = differences else { return [] }
        let rule = ["---", "---:"] + table.head.dropFirst(2).map { _ in "---" }
        let lines = ([table.head, rule] + table.rows).map {
            "| " + $0.map(escapedForMarkdown).joined(separator: " | ") + " |"
        }
        return ["", escapedForMarkdown("\(table.title). \(table.note)"), ""] + lines
    }
}

extension RunComparison {
    /// The verdict in a table whose rows are compared with one of them.
    fileprivate var shortVerdict: String {
        switch verdict {
        case .tooFewSeeds: "too few seeds"
        case .undecided: "not told apart"
        case .first: "errs less"
        case .second: "errs more"
        }
    }
}
