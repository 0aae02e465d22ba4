import Foundation
import Probes
import Recipes
import System
import Tensors
import Training

/// Names a measurement by everything that decides it: the settings of phase and models, the image's size, threads,
/// precision, libraries, processor and the build of the program.
package struct SpeedKey: Sendable, Equatable {
    package let text: String

    package var hash: String { String(SHA256.hex(of: text.utf8).prefix(32)) }

    /// The speed of a phase of `recipe`.
    package init(_ recipe: Recipe, phase index: Int, _ machine: SpeedMachine) {
        let kinds = recipe.phases.prefix(index).map(\.kind).joined(separator: ",")
        let own = Self.models(recipe) + Self.phase(recipe, index)
        text = Self.text(["phase"] + machine.lines + own + ["after = \(kinds)", Self.parts(recipe)])
    }

    /// The rehearsal of a phase of `recipe` on data of their size.
    package init(rehearsalOf recipe: Recipe, phase index: Int, _ size: DataSize, _ machine: SpeedMachine) {
        // A phase of the flow alone is the same whatever energy comes after it.
        let isFlowAlone = recipe.phases[index].settings.models == .flow
        let own = Self.models(recipe, isFlowAlone ? ["flow"] : Self.tables) + Self.phase(recipe, index)
        let labels = isFlowAlone ? 0 : recipe.data.labels
        let sizes = "\(size.train) + \(size.test) images, \(labels) labels"
        text = Self.text([
            "rehearsal", Self.text(machine.lines + own), sizes,
            "after = \(recipe.phases.prefix(index).map(\.kind))",
            "validation = \(recipe.data.validation)",
            "steps decide pools = \(recipe.phases[index].steps)",
        ])
    }

    /// The speed of the probe of `recipe`, with `images` training images.
    package init(probeOf recipe: Recipe, images: Int, _ machine: SpeedMachine) {
        let probe = recipe.probe
        let own = [
            "labels = \(probe.labels)", "layers = \(probe.layers)", "classifier = \(probe.settings.method)",
            "images = \(probe.labels.contains(0) ? images : 0)",
        ]
        text = Self.text(["probe"] + machine.lines + Self.models(recipe) + own)
    }

    private static func text(_ lines: [String]) -> String { lines.joined(separator: "\n") }

    private static let tables = [
        "flow", "energy", "input", "vat", "entropy", "consistency", "label", "average", "generator",
    ]

    private static func models(_ recipe: Recipe, _ tables: [String] = tables) -> [String] {
        let lines = recipe.decisions.filter { line in
            line.key != "flow.seed" && tables.contains { line.key.hasPrefix("\($0).") }
        }
        return lines.map { "\($0.key) = \($0.value)" } + [
            "extents = \(recipe.extents)", "labels = \(recipe.data.hasLabels)",
            "source = \(recipe.data.source == .plane ? "plane" : "images")",
        ]
    }

    private static func phase(_ recipe: Recipe, _ index: Int) -> [String] {
        let prefix = "phase.\(index + 1)."
        return recipe.decisions.filter { $0.key.hasPrefix(prefix) && $0.key != prefix + "steps" }
            .map { "phase.\($0.key.dropFirst(prefix.count)) = \($0.value)" }
    }

    /// Which models the recipe has beside those that the phase trains.
    private static func parts(_ recipe: Recipe) -> String {
        "models = \(recipe.uses(.flow)) \(recipe.uses(.energy)) \(recipe.uses(.generator))"
    }
}

/// What a measurement was made on.
package struct SpeedMachine: Sendable {
    package let processor: String
    package let threads: Int
    package let precision: String
    package let lines: [String]

    package init(_ backend: any Backend) {
        processor = backend.summary.first { $0.name == "processor" }?.value ?? "unknown"
        threads = backend.threads
        precision = backend.reduced.rawValue
        lines =
            backend.summary.map { "\($0.name) = \($0.value)" } + ["build = \(Self.build)", "format = 1"]
    }

    /// Another build of the program is another file.
    private static let build: String = {
        var status = stat()
        guard stat("/proc/self/exe", &status) == 0 else { return "unknown" }
        return "\(status.st_size) \(status.st_mtim.tv_sec) \(status.st_mtim.tv_nsec)"
    }()
}
