import Datasets

/// The canonical form and the hashes made of it.
extension Recipe {
    /// The recipe with every default filled in and nothing inherited, as TOML: the header's comment, then one
    /// key a line, sorted. Reading it gives an equal recipe.
    public var canonical: String {
        let comment =
            header.isEmpty
            ? ""
            : header.split(separator: "\n", omittingEmptySubsequences: false)
                .map { $0.isEmpty ? "#\n" : "# \($0)\n" }.joined() + "\n"
        return comment + body
    }

    /// SHA-256 of the canonical form without its comment: names the recipe in runs, checkpoints and tables.
    public var hash: String { SHA256.hex(of: body.utf8) }

    /// SHA-256 over what must agree for runs to share a table's cell: everything but name, seeds, paths,
    /// report, and how often metrics, tests and checkpoints are written.
    public var protocolHash: String {
        let apart = ["name", "seed", "flow.seed", "data.directory"]
        let lines = lines.filter { !apart.contains($0.key) && !Self.isBookkeeping($0.key) }
        return SHA256.hex(of: Self.text(lines).utf8)
    }

    /// SHA-256 that names a trained flow: the data of hash `data`, `[flow]`, the `flow-mle` phases, the
    /// precision, and what decides the images the flow sees.
    public func flowHash(data: String) -> String {
        var reduced = Recipe()
        reduced.precision = precision
        reduced.flow = flow
        reduced.data.validation = self.data.validation
        reduced.data.train = self.data.train
        reduced.phases = phases.filter { $0.kind == .flowMLE }
        // Only these keys, so that a key that is new elsewhere leaves the trained flows where they are.
        let deciding = reduced.lines.filter { line in
            ["flow.", "phase."].contains { line.key.hasPrefix($0) }
                || ["precision", "data.train", "data.validation"].contains(line.key)
        }
        return SHA256.hex(of: "data = \(data)\n\(Self.text(deciding))".utf8)
    }

    /// The keys whose values differ between two recipes, such as `energy.width`.
    public func differences(from other: Recipe) -> [String] {
        let mine = Dictionary(lines.map { ($0.key, $0.value) }) { first, _ in first }
        let theirs = Dictionary(other.lines.map { ($0.key, $0.value) }) { first, _ in first }
        return Set(mine.keys).union(theirs.keys).filter { mine[$0] != theirs[$0] }.sorted()
    }

    static func isBookkeeping(_ key: String) -> Bool {
        ["report", "log", "evaluate", "checkpoint"].contains { key.hasPrefix("\($0).") }
    }

    private var body: String {
        let lines = lines.filter { !$0.key.hasPrefix("phase.") }
        guard case .table(let root) = Self.table.encode(self), case .array(let phases) = root["phase"] else {
            return Self.text(lines)
        }
        return Self.text(lines) + phases.map { "\n[[phase]]\n" + Self.text(Self.flattened($0, "")) }.joined()
    }

    /// Every key with its value, sorted; phases by their number from 1.
    private var lines: [(key: String, value: String)] { Self.flattened(Self.table.encode(self), "") }

    private static func text(_ lines: [(key: String, value: String)]) -> String {
        lines.map { "\($0.key) = \($0.value)\n" }.joined()
    }

    private static func flattened(_ node: TOMLNode, _ path: String) -> [(key: String, value: String)] {
        let prefix = path.isEmpty ? "" : path + "."
        switch node {
        case .table(let table):
            return table.sorted { $0.key < $1.key }.flatMap { flattened($0.value, prefix + $0.key) }
        case .array(let elements) where path == "phase":
            return elements.enumerated().flatMap { flattened($1, "\(prefix)\($0 + 1)") }
        default: return [(path, node.literal)]
        }
    }
}
