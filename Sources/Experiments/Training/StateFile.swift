import Baselines
import EnergyModels
import Flows
import Foundation
import Networks
import System
import Tensors

// Saving and restoring a training state. Tensors are named `flow.NAME`, `energy.NAME`, `average.NAME`, `base.NAME`,
// `generator.NAME`, `grid0.NAME`, `vae.NAME` by the parameters' own names; persistent chains are `chains`; optimisers hold `MODEL.optimizer.first` and `.second`, flat in the
// parameters' order.

extension TrainingState {
    /// The metadata of ``weightsFile``.
    static let weightsMetadata = [
        "normalizer", "flowIsInitialized", "energyIsInitialized", "generatorIsInitialized",
    ]

    /// Seconds of training by phase, as a full checkpoint has them.
    static func phaseSeconds(in file: SafetensorsFile) -> [Double] {
        (file.metadata["phaseSeconds"] ?? "").split(separator: " ").compactMap { Double($0) }
    }

    /// Parameters only: what evaluation and other programs need.
    public var weightsFile: SafetensorsFile {
        var file = SafetensorsFile()
        for (prefix, store) in stores { store.write(to: &file, prefix: prefix) }
        for (name, entry) in rotations { file.tensors[name] = entry }
        if let energy { file.metadata["normalizer"] = energy.normalizer.description }
        file.metadata["flowIsInitialized"] = String(flowIsInitialized)
        file.metadata["energyIsInitialized"] = String(energyIsInitialized)
        file.metadata["generatorIsInitialized"] = String(generatorIsInitialized)
        return file
    }

    /// Everything: parameters, moments, gate and counters.
    public var stateFile: SafetensorsFile {
        var file = weightsFile
        let optimizers =
            [
                ("flow", flowOptimizer), ("energy", energyOptimizer), ("generator", generatorOptimizer),
            ] + companions.map { ($0.name, companionOptimizers[$0.name]) }
        for (name, optimizer) in optimizers {
            guard let optimizer else { continue }
            let shape = [optimizer.first.count]
            file.tensors["\(name).optimizer.first"] = .init(
                floats: backend.floats(optimizer.first), shape: shape)
            file.tensors["\(name).optimizer.second"] = .init(
                floats: backend.floats(optimizer.second), shape: shape)
            file.metadata["\(name).optimizer.step"] = String(optimizer.step)
            file.metadata["\(name).optimizer.rule"] = optimizer.rule.rawValue
        }
        for ensemble in ensembles {
            let shape = [ensemble.visits.count, ensemble.classes]
            file.tensors["ensemble.predictions"] = .init(
                floats: backend.floats(ensemble.ensemble), shape: shape)
            file.tensors["ensemble.visits"] = .init(
                int64s: ensemble.visits.map(Int64.init), shape: [ensemble.visits.count])
        }
        if let chains {
            file.tensors["chains"] = .init(
                floats: backend.floats(chains.images), shape: chains.images.shape.dimensions)
        }
        file.metadata["energyUpdates"] = String(energyUpdates)
        file.metadata["flowUpdates"] = String(flowUpdates)
        file.metadata["phaseSeconds"] = seconds.map(\.description).joined(separator: " ")
        file.metadata["guardStart"] = guardStart?.description
        file.metadata["gate"] = (try? JSONEncoder().encode(gate)).map { String(decoding: $0, as: UTF8.self) }
        return file
    }

    /// The flow's constants, so that other programs need not draw them.
    private var rotations: [(name: String, entry: SafetensorsEntry)] {
        (flow?.fixedRotations ?? []).flatMap { name, signs, permutation in
            [
                ("flow.\(name).signs", SafetensorsEntry(floats: signs, shape: [signs.count])),
                (
                    "flow.\(name).permutation",
                    SafetensorsEntry(int32s: permutation.map(Int32.init), shape: [permutation.count])
                ),
            ]
        }
    }

    private var stores: [(prefix: String, store: ParameterStore)] {
        [
            ("flow", flow?.store), ("energy", energy?.store), ("average", average?.store),
            ("base", base?.store), ("generator", generator?.store),
        ]
        .compactMap { pair in pair.1.map { (pair.0, $0) } } + companions.map { ($0.name, $0.store) }
    }

    /// Takes over parameters from a weights or state file.
    /// - Throws: `UserError(.data)` when a tensor is missing, has another shape or is not finite.
    public func restoreWeights(_ file: SafetensorsFile, of recipe: Recipe, at place: String) throws {
        if file.tensors.keys.contains(where: { $0.hasPrefix("base.") }) { base = flow?.duplicate() }
        if let energy, file.tensors.keys.contains(where: { $0.hasPrefix("average.") }) {
            average = recipe.average.parameters(of: energy.store)
        }
        // A run of a flow alone, which this one continues, has no energy: it is as its seed drew it.
        let hasEnergy =
            file.metadata["energyIsInitialized"] == "true"
            || file.tensors.keys.contains { $0.hasPrefix("energy.") }
        for (prefix, store) in stores where prefix != "energy" || hasEnergy {
            try store.read(from: file, prefix: prefix, at: place)
        }
        for (name, entry) in rotations where file.tensors[name] ?? entry != entry {
            throw damaged(name, place)
        }
        energy?.normalizer = file.metadata["normalizer"].flatMap(Double.init) ?? 0
        flowIsInitialized = file.metadata["flowIsInitialized"] == "true"
        energyIsInitialized = file.metadata["energyIsInitialized"] == "true"
        generatorIsInitialized = file.metadata["generatorIsInitialized"] == "true"
    }

    /// Takes over everything.
    /// - Throws: `UserError(.data)` for a file that is not a whole state of this recipe.
    func restore(_ saved: RunState, of recipe: Recipe, at place: String) throws {
        let file = saved.file
        try restoreWeights(file, of: recipe, at: place)
        (phase, step) = (saved.position.phaseIndex, saved.position.step)
        energyUpdates = try number(file, "energyUpdates", at: place)
        flowUpdates = try number(file, "flowUpdates", at: place)
        // A run that this one continues may have fewer phases, or more.
        let times = Self.phaseSeconds(in: file).prefix(recipe.phases.count)
        seconds = Array(times) + recipe.phases.dropFirst(times.count).map { _ in 0 }
        guardStart = file.metadata["guardStart"].flatMap(Double.init)
        guard recipe.phases.indices.contains(phase), times.count >= phase,
            seconds.count == recipe.phases.count,
            let gate = file.metadata["gate"].flatMap({
                try? JSONDecoder().decode(Gate.self, from: Data($0.utf8))
            })
        else { throw damaged("phase, times or gate", place) }
        self.gate = gate
        try restoreEnsembles(file, place)
        let optimizers = recipe.phases[phase]
        try restoreChains(file, optimizers, place)
        if let flow, file.metadata["flow.optimizer.step"] != nil {
            let rule = optimizers.kind == .joint ? optimizers.flowOptimizer : optimizers.optimizer
            flowOptimizer = try restored(rule.optimizer(for: flow.store), file, "flow", place)
        }
        if let generator, file.metadata["generator.optimizer.step"] != nil {
            let rule = optimizers.kind == .vae ? optimizers.optimizer : optimizers.generatorOptimizer
            generatorOptimizer = try restored(rule.optimizer(for: generator.store), file, "generator", place)
        }
        for (name, store) in companions where file.metadata["\(name).optimizer.step"] != nil {
            companionOptimizers[name] = try restored(
                optimizers.optimizer.optimizer(for: store), file, name, place)
        }
        if let energy, file.metadata["energy.optimizer.step"] != nil {
            // Between two phases of the energy the moments are those of the earlier one's rule.
            var settings = optimizers.optimizer
            settings.kind = file.metadata["energy.optimizer.rule"].flatMap(UpdateRule.init) ?? settings.kind
            energyOptimizer = try restored(settings.optimizer(for: energy.store), file, "energy", place)
        }
    }

    private var ensembles: [TemporalEnsembling] { regularizers.compactMap { $0.term as? TemporalEnsembling } }

    private func restoreEnsembles(_ file: SafetensorsFile, _ place: String) throws {
        for ensemble in ensembles {
            guard let predictions = file.tensors["ensemble.predictions"]?.floats(),
                let visits = file.tensors["ensemble.visits"]?.integers(),
                predictions.count == ensemble.ensemble.count, visits.count == ensemble.visits.count
            else { throw damaged("ensemble.predictions", place) }
            ensemble.restore(ensemble: predictions, visits: visits)
        }
    }

    /// Persistent chains, which a phase of them must have once it has begun.
    private func restoreChains(_ file: SafetensorsFile, _ phase: PhaseRecipe, _ place: String) throws {
        guard phase.kind == .chains, phase.chains.start == .persistent, step > 0 else { return }
        guard let entry = file.tensors["chains"], let values = entry.floats(),
            entry.shape == [phase.chains.buffer] + extents
        else { throw damaged("chains", place) }
        let images = backend.tensor(values, Shape(entry.shape), backend.real)
        chains = PersistentChains(restoring: images, backend: backend)
    }

    private func restored(
        _ optimizer: Optimizer, _ file: SafetensorsFile, _ name: String, _ place: String
    ) throws -> Optimizer {
        func moments(_ which: String) throws -> Tensor {
            guard let values = file.tensors["\(name).optimizer.\(which)"]?.floats(),
                values.count == optimizer.first.count
            else { throw damaged("\(name).optimizer.\(which)", place) }
            return backend.tensor(values, optimizer.first.shape, backend.real)
        }
        let step = try number(file, "\(name).optimizer.step", at: place)
        optimizer.restore(step: step, first: try moments("first"), second: try moments("second"))
        return optimizer
    }

    private func number(_ file: SafetensorsFile, _ key: String, at place: String) throws -> Int {
        guard let value = file.metadata[key].flatMap({ Int($0) }) else { throw damaged(key, place) }
        return value
    }
}

private func damaged(_ what: String, _ place: String) -> UserError {
    UserError(
        .data, "the checkpoint lacks \(what), or it does not fit the recipe", at: place,
        advice: "resume from another checkpoint, or start again in another --out")
}

extension ParameterStore {
    func write(to file: inout SafetensorsFile, prefix: String) {
        for name in names {
            let view = self[name]
            file.tensors["\(prefix).\(name)"] = .init(
                floats: backend.floats(view), shape: view.shape.dimensions)
        }
    }

    func read(from file: SafetensorsFile, prefix: String, at place: String) throws {
        for name in names {
            let view = self[name]
            guard let entry = file.tensors["\(prefix).\(name)"], entry.shape == view.shape.dimensions,
                let values = entry.floats()
            else { throw damaged("\(prefix).\(name)", place) }
            guard values.allSatisfy(\.isFinite) else {
                throw UserError(
                    .data, "\(prefix).\(name) holds values that are not finite", at: place,
                    advice: "restore the file from a copy, or repeat the run")
            }
            backend.copy(backend.tensor(values, view.shape, backend.real), into: view)
        }
    }
}
