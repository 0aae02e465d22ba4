import System

/// The keys of one table of a recipe, in the order they are decoded.
public struct Schema<Section: Sendable>: Sendable {
    public let fields: [SchemaField<Section>]

    public init(_ fields: [SchemaField<Section>]) { self.fields = fields }

    /// Reads `node` over the defaults in `section`.
    ///
    /// Throws `UserError(.recipe)` with file and line: an unknown key, a missing one, one without a meaning here,
    /// or a value of a wrong type or out of range.
    public func decode(_ node: TOMLNode, _ cursor: SchemaCursor, into section: inout Section) throws {
        guard case .table(let entries) = node else {
            throw cursor.error("`\(cursor.key)` is a table of keys, not \(node.described)")
        }
        for key in entries.keys.sorted() where !fields.contains(where: { $0.name == key }) {
            throw unknown(key, cursor.entering(key))
        }
        for field in fields {
            let place = cursor.entering(field.name)
            guard let value = entries[field.name] else {
                if field.isRequired { throw cursor.error("`\(place.key)` is missing", advice: field.summary) }
                continue
            }
            if let obstacle = field.obstacle(section) {
                throw place.error("`\(place.key)` has no effect here: \(obstacle)", advice: "remove it")
            }
            try field.decode(value, place, &section)
        }
    }

    private func unknown(_ key: String, _ cursor: SchemaCursor) -> UserError {
        let own = fields.map(\.name)
        let nearest = NearestKey.nearest(to: key, among: own) ?? ""
        var meant = (cursor.path.dropLast() + [nearest]).joined(separator: ".")
        if !NearestKey.isLikely(nearest, for: key) {
            // Perhaps the key exists, but in another table.
            let other = cursor.knownKeys().first { path in
                path.split(separator: ".").last.map { NearestKey.distance(String($0), key) } == 0
            }
            meant = other ?? meant
        }
        meant = Self.displayed(meant)
        return cursor.error("unknown key `\(cursor.key)`", advice: "did you mean `\(meant)`?")
    }

    /// Elements of `[[phase]]` count from 1 for people.
    private static func displayed(_ path: String) -> String {
        path.split(separator: ".").map { part in Int(part).map { String($0 + 1) } ?? String(part) }
            .joined(separator: ".")
    }

    /// The section as TOML, defaults included.
    ///
    /// - Parameters:
    ///   - section: the settings.
    ///   - whole: whether with the keys that have no meaning in it.
    public func encode(_ section: Section, whole: Bool = false) -> TOMLNode {
        var entries: [String: TOMLNode] = [:]
        for field in fields where whole || field.obstacle(section) == nil {
            entries[field.name] = field.encode(section, whole)
        }
        return .table(entries)
    }

    /// Documentation of every key below `path`; `examples` hold the defaults by name.
    public func keys(below path: String, examples: [(name: String, section: Section)]) -> [SchemaKey] {
        fields.flatMap { $0.keys(path.isEmpty ? $0.name : "\(path).\($0.name)", examples) }
    }
}

extension SchemaField {
    /// A key that holds a table.
    public static func table<Inner: Sendable>(
        _ name: String, _ path: Path<Inner>, _ table: Schema<Inner>, _ summary: String,
        variants: [(name: String, section: Inner)] = []
    ) -> Self {
        var field = SchemaField(
            name: name, summary: summary, type: "a table",
            decode: { node, cursor, section in try table.decode(node, cursor, into: &section[keyPath: path])
            },
            encode: { table.encode($0[keyPath: path], whole: $1) })
        field.keys = { key, examples in
            let own = examples.map { (name: $0.name, section: $0.section[keyPath: path]) }
            return table.keys(below: key, examples: variants.isEmpty ? own : variants)
        }
        return field
    }

    /// A table that may be absent as a whole.
    public static func optionalTable<Inner: Sendable>(
        _ name: String, _ path: Path<Inner?>, _ table: Schema<Inner>, _ summary: String, initial: Inner
    ) -> Self {
        var field = SchemaField(
            name: name, summary: summary, type: "a table",
            decode: { node, cursor, section in
                var inner = initial
                try table.decode(node, cursor, into: &inner)
                section[keyPath: path] = inner
            },
            encode: { section, whole in section[keyPath: path].map { table.encode($0, whole: whole) } })
        field.keys = { key, _ in table.keys(below: key, examples: [("", initial)]) }
        return field
    }

    /// An array of tables, `[[name]]`.
    public static func tables<Inner: Sendable>(
        _ name: String, _ path: Path<[Inner]>, _ table: Schema<Inner>, _ summary: String,
        initial: Inner, variants: [(name: String, section: Inner)]
    ) -> Self {
        var field = SchemaField(
            name: name, summary: summary, type: "an array of tables",
            decode: { node, cursor, section in
                guard case .array(let nodes) = node else {
                    throw cursor.error("`\(cursor.key)` is written [[\(name)]], once for each")
                }
                section[keyPath: path] = try nodes.enumerated().map { index, node in
                    var inner = initial
                    try table.decode(node, cursor.element(index), into: &inner)
                    return inner
                }
            },
            encode: { section, whole in .array(section[keyPath: path].map { table.encode($0, whole: whole) })
            })
        field.keys = { key, _ in table.keys(below: key, examples: variants) }
        field.isRequired = true
        return field
    }
}
