import EnergyModels
import Flows
import Methods
import Schemas
import System
import Training

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

    /// Raise it when a default, or what a key means, changes: results from before are then another recipe's.
    package static let version = 1

    /// SHA-256 of the version and of what the recipe decides: names it in runs, checkpoints and tables.
    public var hash: String { Self.hash(of: decisions) }

    /// SHA-256 over what must agree for runs to share a table's cell: everything but name, seeds, paths,
    /// report, and how often metrics, tests and checkpoints are written.
    public var protocolHash: String {
        let apart = ["name", "seed", "flow.seed", "data.split-seed", "data.directory"]
        return Self.hash(of: decisions.filter { !apart.contains($0.key) && !Self.isBookkeeping($0.key) })
    }

    /// SHA-256 that names a trained flow: the data of hash `data`, `[flow]`, the `flow-mle` phases, the
    /// precision, and what decides the images the flow sees.
    public func flowHash(data: String) -> String {
        var reduced = Recipe()
        reduced.precision = precision
        reduced.flow = flow
        reduced.data.validation = self.data.validation
        reduced.data.train = self.data.train
        (reduced.input.flip, reduced.input.crop) = (input.flip, input.crop)
        reduced.phases = phases.filter { $0.is(FlowLikelihood.self) }
        let deciding = reduced.decisions.filter { line in
            ["flow.", "phase."].contains { line.key.hasPrefix($0) }
                || ["precision", "data.train", "data.validation", "input.flip", "input.crop"]
                    .contains(line.key)
        }
        return Self.hash(of: [("data", data)] + deciding + labelledImages + heldOutImages)
    }

    /// What decides which images are labelled, where the flow must not see them.
    private var labelledImages: [(key: String, value: String)] {
        guard !data.unlabelledIncludesLabelled else { return [] }
        return [("without", "\(data.allLabels ? "all" : "\(data.labels)") labels of seed \(labelSeed)")]
    }

    /// What decides which images are held out, where that is not the flow's own seed.
    private var heldOutImages: [(key: String, value: String)] {
        guard data.validation > 0, heldOutSeed != flow.seed else { return [] }
        return [("held-out", "seed \(heldOutSeed)")]
    }

    /// The keys whose values differ between two recipes, such as `energy.width`.
    public func differences(from other: Recipe) -> [String] {
        let mine = Dictionary(lines.map { ($0.key, $0.value) }) { first, _ in first }
        let theirs = Dictionary(other.lines.map { ($0.key, $0.value) }) { first, _ in first }
        return Set(mine.keys).union(theirs.keys).filter { mine[$0] != theirs[$0] }.sorted()
    }

    package static func isBookkeeping(_ key: String) -> Bool {
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

    /// The keys whose values are not the defaults, and those that choose defaults. Defaults are left out so that a
    /// new key, whose default is what was done before it existed, makes no recipe another one.
    package var decisions: [(key: String, value: String)] {
        let whole = Self.flattened(Self.table.encode(defaults, whole: true), "")
        let defaults = Dictionary(whole.map { ($0.key, $0.value) }) { first, _ in first }
        return lines.filter { line in
            let isPhaseKind =
                line.key.hasPrefix("phase.") && line.key.split(separator: ".").dropFirst(2) == ["kind"]
            return line.value != defaults[line.key] || isPhaseKind
                || ["data.source", "flow.kind", "energy.base"].contains(line.key)
        }
    }

    /// The recipe with the same kinds of everything that sets no other key.
    private var defaults: Recipe {
        var recipe = Recipe()
        recipe.data = DataSettings(source: data.source)
        recipe.flow = FlowSettings(kind: flow.kind)
        recipe.energy = EnergySettings(base: energy.base)
        recipe.phases = phases.map { PlannedPhase($0.settings.defaults) }
        return recipe
    }

    private static func hash(of lines: [(key: String, value: String)]) -> String {
        SHA256.hex(of: "version = \(version)\n\(text(lines))".utf8)
    }

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
