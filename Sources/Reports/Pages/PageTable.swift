import System

/// A table of a page: it scrolls by itself where the window is too narrow, and its columns can be sorted.
struct PageTable {
    /// Says what the table shows.
    let caption: String
    /// The titles of the columns; a table of pairs has none.
    let titles: [String]
    /// The first cell of a row names it.
    let rows: [[String]]
    /// Columns that are aligned right and sorted by their numbers.
    var numeric: Set<Int> = []
    /// A column is sorted by these numbers where its text does not begin with it, such as durations.
    var keys: [Int: [Double?]] = [:]

    /// Cells at most, so that a page stays small.
    static let limit = 20_000

    private var shown: Int {
        min(rows.count, max(1, Self.limit / max(1, rows.map(\.count).max() ?? 1)))
    }

    var markup: Markup {
        Markup([
            Markup("div", ["class": "scroll", "tabindex": "0", "role": "region", "aria-label": caption]) {
                Markup("table", ["class": titles.isEmpty || rows.count < 2 ? nil : "sort"]) {
                    Markup("caption") { caption }
                    if !titles.isEmpty { head }
                    Markup("tbody") { rows.prefix(shown).indices.map(row) }
                }
            },
            shown < rows.count
                ? remark("Shown are the first \(grouped(shown)) of \(grouped(rows.count)) rows.")
                : Markup([]),
        ])
    }

    private var head: Markup {
        Markup("thead") {
            Markup("tr") {
                for (column, title) in titles.enumerated() {
                    Markup("th", ["scope": "col", "class": numeric.contains(column) ? "num" : nil]) { title }
                }
            }
        }
    }

    /// A short text stays on one line.
    private func style(_ cell: String) -> String? { cell.count <= 24 ? "line" : nil }

    private func row(_ index: Int) -> Markup {
        Markup("tr") {
            for (column, cell) in rows[index].enumerated() {
                let key = keys[column].flatMap { $0[index] }.map { String($0) }
                if column == 0 {
                    Markup("th", ["scope": "row", "class": style(cell), "data-v": key]) {
                        Markup("bdi") { cell }
                    }
                } else if numeric.contains(column) {
                    Markup("td", ["class": "num", "data-v": key]) { cell }
                } else {
                    Markup("td", ["class": style(cell), "data-v": key]) { Markup("bdi") { cell } }
                }
            }
        }
    }
}

/// A table of a page; the columns named in `numeric` are aligned right.
func table(
    _ caption: String, _ titles: [String], _ rows: [[String]], numeric: Set<Int> = [],
    keys: [Int: [Double?]] = [:]
) -> Markup {
    PageTable(caption: caption, titles: titles, rows: rows, numeric: numeric, keys: keys).markup
}
