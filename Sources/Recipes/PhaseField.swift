import Methods
import Schemas
import Training

// `[[phase]]`: tables whose keys depend on the kind of phase. Each kind declares its own.

extension SchemaField<Recipe> {
    package static var phases: SchemaField<Recipe> {
        var field = SchemaField(
            name: "phase", summary: "the phases of training, in order", type: "an array of tables",
            decode: { node, cursor, recipe in
                guard case .array(let nodes) = node else {
                    throw cursor.error("`\(cursor.key)` is written [[phase]], once for each")
                }
                recipe.phases = try nodes.enumerated().map {
                    try PlannedPhase(Phases.settings($1, cursor.element($0)))
                }
            },
            encode: { recipe, whole in .array(recipe.phases.map { $0.settings.encoded(whole: whole) }) })
        field.keys = { path, _ in Phases.keys(below: path) }
        field.isRequired = true
        return field
    }
}

extension Phases {
    private static let kindSummary = "what is trained"

    /// Reads one `[[phase]]`.
    fileprivate static func settings(_ node: TOMLNode, _ cursor: SchemaCursor) throws -> any PhaseSettings {
        guard case .table(var entries) = node else {
            throw cursor.error("`\(cursor.key)` is a table of keys, not \(node.described)")
        }
        let place = cursor.entering("kind")
        guard let kind = entries.removeValue(forKey: "kind") else {
            throw cursor.error("`\(place.key)` is missing", advice: kindSummary)
        }
        guard case .string(let word) = kind, let phase = phase(word) else {
            throw place.error(
                "`\(place.key)` takes one of \(kinds.joined(separator: ", ")), not \(kind.described)",
                advice: nearest(kind))
        }
        for key in entries.keys.sorted() where !phase.hasKey(key) {
            let others = all.filter { $0.hasKey(key) }.map { "\"\($0.kind)\"" }
            guard !others.isEmpty else { continue }
            let misplaced = cursor.entering(key)
            throw misplaced.error(
                "`\(misplaced.key)` has no effect here: it goes with kind = "
                    + others.joined(separator: " or "), advice: "remove it")
        }
        return try phase.read(.table(entries), cursor)
    }

    private static func nearest(_ kind: TOMLNode) -> String? {
        guard case .string(let word) = kind else { return nil }
        return NearestKey.nearest(to: word, among: kinds).map { "did you mean \"\($0)\"?" }
    }

    /// The keys of all kinds, a key that several share once, with the defaults of each.
    fileprivate static func keys(below path: String) -> [SchemaKey] {
        let kind = SchemaKey(
            path: "\(path).kind", type: "one of " + kinds.joined(separator: ", "), defaultValue: "required",
            summary: kindSummary)
        var merged: [(key: SchemaKey, defaults: [(kind: String, value: String)])] = []
        for phase in all {
            for key in phase.documentation(below: path) {
                if let index = merged.firstIndex(where: { $0.key.path == key.path }) {
                    merged[index].defaults.append((phase.kind, key.defaultValue))
                } else {
                    merged.append((key, [(phase.kind, key.defaultValue)]))
                }
            }
        }
        return [kind] + merged.map { $0.key.with(defaults: $0.defaults) }
    }
}

extension Phase {
    fileprivate static func hasKey(_ key: String) -> Bool { schema.fields.contains { $0.name == key } }

    fileprivate static func read(_ node: TOMLNode, _ cursor: SchemaCursor) throws -> any PhaseSettings {
        var settings = Settings()
        try schema.decode(node, cursor, into: &settings)
        return settings
    }

    fileprivate static func documentation(below path: String) -> [SchemaKey] {
        schema.keys(below: path, examples: [(kind, Settings())])
    }
}

extension SchemaKey {
    /// The key with a default for each kind of phase, equal ones together.
    fileprivate func with(defaults: [(kind: String, value: String)]) -> SchemaKey {
        var values: [String] = []
        for (_, value) in defaults where !values.contains(value) { values.append(value) }
        let text =
            values.count == 1
            ? values[0]
            : values.map { value in
                "\(value) (\(defaults.filter { $0.value == value }.map(\.kind).joined(separator: ", ")))"
            }.joined(separator: ", ")
        return SchemaKey(path: path, type: type, defaultValue: text, summary: summary)
    }
}
