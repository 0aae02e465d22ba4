import EnergyModels
import Foundation
import Recipes
import Runs
import System
import Training

/// A run's classifier and energy as a file that ONNX runtimes read.
public struct ONNXModel: Sendable {
    public let bytes: [UInt8]
    /// The graph's input in words: name, type and shape.
    public let input: String
    /// Names of the graph's outputs.
    public let outputs: [String]

    /// Replaces the file at `path`.
    /// - Throws: `UserError(.output)`.
    public func write(to path: String) throws {
        try AtomicFile.write(to: path) { file in try bytes.withUnsafeBytes { try file.append($0) } }
    }
}

extension LoadedRun {
    /// p(y|x), f_k − c_k and f − c of the run's weights; averaged ones where the run evaluates those. The graph computes in
    /// float32 without dropout.
    /// - Throws: `UserError(.recipe)` when the phase has neither a classifier nor an energy.
    public func onnxModel() throws -> ONNXModel {
        guard let energy = state.energy, let store = state.evaluatedEnergyStore, state.energyIsInitialized,
            isClassifier || hasEnergy
        else {
            throw UserError(
                .recipe,
                "phase \(phase + 1) (\(phaseName)) has neither a classifier nor an energy that ONNX could hold",
                at: files.path, advice: "name another phase with --phase, or export a run of another method")
        }
        let data = header.data
        let settings = EnergyGraphSettings(
            extents: [data.height, data.width, data.channels], isPlane: recipe.data.source == .plane,
            energyMeaning: hasEnergy ? energyMeaning : nil)
        let graph = EnergyGraph(try energy.folded(store), settings).graph
        let bytes = graph.model(
            name: recipe.name, producer: Experiment.tool,
            documentation: "\(recipe.name), seed \(recipe.seed), phase \(phase + 1) (\(phaseName))",
            metadata: try metadata(settings))
        return ONNXModel(bytes: bytes, input: settings.inputTitle, outputs: graph.outputNames)
    }

    private var isClassifier: Bool { recipe.energy.classes > 1 }

    /// Whether f is an unnormalised log density by the end of the phase, all of which a graph can hold.
    private var hasEnergy: Bool {
        !recipe.energy.head.hasOwnLayers
            && recipe.phases[...phase].contains { $0.settings.meaning == .density }
    }

    private var energyMeaning: String {
        switch recipe.energy.base {
        case .none: "log p(x) in nats, normalised by c only"
        case .flow:
            "log p(x) - log q0(x) in nats, q0 being the flow as it was when the energy's training began"
        case .moving: "log p(x) - log q(x) in nats, q being the run's flow"
        }
    }

    private func metadata(_ settings: EnergyGraphSettings) throws -> [(name: String, value: String)] {
        let names = isClassifier ? (0..<recipe.energy.classes).map(header.className) : []
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return [
            ("recipe", recipe.name), ("recipe_hash", recipe.hash), ("method", recipe.method.name),
            ("seed", String(recipe.seed)), ("phase", "\(phase + 1) \(phaseName)"), ("commit", header.commit),
            ("classes", String(decoding: try encoder.encode(names), as: UTF8.self)),
            ("input", settings.inputTitle), ("energy", settings.energyMeaning ?? "none"),
        ]
    }
}
