/// A table while its document is read. It knows what made it, which decides what may be added to it.
package final class TOMLTable {
    package enum Maker {
        /// The document, or an inline table.
        case whole
        /// A header of a table further in: `[a.b]` makes `a`.
        case implied
        case header
        /// A dotted key: `a.b = 1` makes `a`.
        case dotted
    }

    private enum Item {
        /// Also inline tables and arrays in brackets, to which nothing can be added.
        case value(TOMLNode)
        case table(TOMLTable)
        /// `[[key]]`.
        case tables(TableList)
    }

    /// The tables of one `[[key]]`, which grow one by one.
    private final class TableList {
        var tables: [TOMLTable] = []
    }

    private var maker: Maker
    private var items: [String: Item] = [:]

    package init(_ maker: Maker) { self.maker = maker }

    package var entries: [String: TOMLNode] {
        items.mapValues { item in
            switch item {
            case .value(let node): node
            case .table(let table): .table(table.entries)
            case .tables(let list): .array(list.tables.map { .table($0.entries) })
            }
        }
    }

    package func isFree(_ key: String) -> Bool { items[key] == nil }

    package func set(_ key: String, to node: TOMLNode) { items[key] = .value(node) }

    /// How many tables `[[key]]` has made.
    package func count(of key: String) -> Int {
        if case .tables(let list) = items[key] { list.tables.count } else { 0 }
    }

    /// The table that the header `[key]` opens; nil where it is defined already.
    package func open(_ key: String) -> TOMLTable? {
        switch items[key] {
        case nil: return make(key, .header)
        case .table(let table) where table.maker == .implied:
            table.maker = .header
            return table
        default: return nil
        }
    }

    /// The table that `[[key]]` adds; nil where `key` is something else already.
    package func append(_ key: String) -> TOMLTable? {
        let list: TableList
        switch items[key] {
        case nil:
            list = TableList()
            items[key] = .tables(list)
        case .tables(let known): list = known
        default: return nil
        }
        let table = TOMLTable(.header)
        list.tables.append(table)
        return table
    }

    /// The table that a header leads through, made by `maker` where there is none; nil where `key` is a value.
    package func passing(_ key: String, made maker: Maker) -> TOMLTable? {
        switch items[key] {
        case nil: make(key, maker)
        case .table(let table): table
        case .tables(let list): list.tables.last
        case .value: nil
        }
    }

    /// The table that a dotted key leads through; nil where `key` is a value, or has a header of its own.
    package func dotted(_ key: String) -> TOMLTable? {
        switch items[key] {
        case nil: return make(key, .dotted)
        case .table(let table) where table.maker != .header:
            table.maker = .dotted
            return table
        default: return nil
        }
    }

    private func make(_ key: String, _ maker: Maker) -> TOMLTable {
        let table = TOMLTable(maker)
        items[key] = .table(table)
        return table
    }
}
