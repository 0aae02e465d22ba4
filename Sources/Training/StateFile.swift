import EnergyModels
import Flows
import Networks
import System
import Tensors

// Saving and restoring a training state. Tensors are named `flow.NAME`, `energy.NAME`, `average.NAME`, `base.NAME`, and of
// companions `generator.NAME`, `grid0.NAME`, `vae.NAME`, by the parameters' own names. The rest is as ``StateArchive`` and
// the phases say.

extension TrainingState {
    /// Whether ``weightsFile`` has metadata under a key.
    package static func isMetadataOfWeights(_ key: String) -> Bool {
        key == "normalizer" || key.hasSuffix("IsInitialized")
    }

    /// Seconds of training by phase, as a full checkpoint has them.
    package static func phaseSeconds(in file: SafetensorsFile) -> [Double] {
        (file.metadata["phaseSeconds"] ?? "").split(separator: " ").compactMap { Double($0) }
    }

    /// Parameters only: what evaluation and other programs need.
    public var weightsFile: SafetensorsFile {
        var file = SafetensorsFile()
        for (prefix, store) in stores { store.write(to: &file, prefix: prefix) }
        for (name, entry) in constants { file.tensors[name] = entry }
        if let energy { file.metadata["normalizer"] = energy.normalizer.description }
        file.metadata["flowIsInitialized"] = String(flowIsInitialized)
        file.metadata["energyIsInitialized"] = String(energyIsInitialized)
        for companion in companions where companion.isInitialized {
            file.metadata["\(companion.name)IsInitialized"] = "true"
        }
        return file
    }

    /// Everything: parameters, moments, counters, and what the phase in training keeps.
    public var stateFile: SafetensorsFile {
        var archive = StateArchive(weightsFile, backend)
        archive.write(energyOptimizer, "energy")
        for ensemble in ensembles { ensemble.save(to: &archive) }
        archive.write(word: String(energyUpdates), "energyUpdates")
        archive.write(word: String(flowUpdates), "flowUpdates")
        archive.write(word: hasTestLeft ? "true" : nil, "hasTestLeft")
        archive.write(word: seconds.map(\.description).joined(separator: " "), "phaseSeconds")
        training?.save(to: &archive)
        return archive.file
    }

    /// The flow's constants, so that other programs need not draw them.
    private var constants: [(name: String, entry: SafetensorsEntry)] {
        (flow?.constants ?? []).map { ("flow.\($0.name)", $0.entry) }
    }

    private var stores: [(prefix: String, store: ParameterStore)] {
        [
            ("flow", flow?.store), ("energy", energy?.store), ("average", average?.store),
            ("base", base?.store),
        ]
        .compactMap { pair in pair.1.map { (pair.0, $0) } } + companions.map { ($0.name, $0.store) }
    }

    /// The model in training with a parameter that is no number, or so large that its square overflows; nil where all are sound.
    /// A loss need not show it: weight normalisation hides the length of a filter.
    package var overflowingModel: String? {
        stores.first { prefix, store in
            guard !["average", "base"].contains(prefix) else { return false }
            return !backend.scalar(backend.sum(backend.map(.square, store.values), .all)).isFinite
        }?.prefix
    }

    /// Gives all ranks the models of rank 0: what is initialised from data may differ in its last bits between processors.
    package func shareFirst() {
        for (_, store) in stores { backend.shareFirst(store.values) }
        if let energy {
            let value = backend.tensor([energy.normalizer], [1], .float64)
            backend.shareFirst(value)
            energy.normalizer = backend.scalar(value)
        }
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
        for (name, entry) in constants where file.tensors[name] ?? entry != entry {
            throw StateArchive(file, backend, at: place).lacking(name)
        }
        energy?.normalizer = file.metadata["normalizer"].flatMap(Double.init) ?? 0
        flowIsInitialized = file.metadata["flowIsInitialized"] == "true"
        energyIsInitialized = file.metadata["energyIsInitialized"] == "true"
        for companion in companions {
            companion.isInitialized = file.metadata["\(companion.name)IsInitialized"] == "true"
        }
    }

    /// Takes over everything; what the phase in training keeps waits until the phase is made.
    /// - Throws: `UserError(.data)` for a file that is not a whole state of this recipe.
    package func restore(
        _ file: SafetensorsFile, phase index: Int, step count: Int, of recipe: Recipe, at place: String
    ) throws {
        try restoreWeights(file, of: recipe, at: place)
        let archive = StateArchive(file, backend, at: place)
        (phase, step) = (index, count)
        energyUpdates = try archive.integer("energyUpdates")
        flowUpdates = try archive.integer("flowUpdates")
        hasTestLeft = archive.word("hasTestLeft") == "true"
        // A run that this one continues may have fewer phases, or more.
        let times = Self.phaseSeconds(in: file).prefix(recipe.phases.count)
        seconds = Array(times) + recipe.phases.dropFirst(times.count).map { _ in 0 }
        guard recipe.phases.indices.contains(phase), times.count >= phase, times.allSatisfy(\.isFinite),
            seconds.count == recipe.phases.count
        else { throw archive.lacking("phase or times") }
        for ensemble in ensembles { try ensemble.restore(from: archive) }
        if let energy {
            // Between two phases of the energy the moments are those of the earlier one's rule.
            var settings = recipe.phases[phase].optimizer
            settings.kind = archive.word("energy.optimizer.rule").flatMap(UpdateRule.init) ?? settings.kind
            energyOptimizer = try archive.restored(energy.optimizer(settings), "energy")
        }
        self.archive = archive
    }

    private var ensembles: [TemporalEnsembling] { regularizers.compactMap { $0.term as? TemporalEnsembling } }
}

extension TemporalEnsembling {
    fileprivate func save(to archive: inout StateArchive) {
        archive.write(ensemble.reshaped([visits.count, classes]), "ensemble.predictions")
        archive.file.tensors["ensemble.visits"] = .init(
            int64s: visits.map(Int64.init), shape: [visits.count])
    }

    fileprivate func restore(from archive: StateArchive) throws {
        guard let predictions = archive.file.tensors["ensemble.predictions"]?.floats(),
            let counts = archive.file.tensors["ensemble.visits"]?.integers(),
            predictions.count == ensemble.count, counts.count == visits.count
        else { throw archive.lacking("ensemble.predictions") }
        restore(ensemble: predictions, visits: counts)
    }
}

extension ParameterStore {
    package func write(to file: inout SafetensorsFile, prefix: String) {
        for name in names {
            let view = self[name]
            file.tensors["\(prefix).\(name)"] = .init(
                floats: backend.floats(view), shape: view.shape.dimensions)
        }
    }

    package func read(from file: SafetensorsFile, prefix: String, at place: String) throws {
        for name in names {
            let view = self[name]
            guard let entry = file.tensors["\(prefix).\(name)"], entry.shape == view.shape.dimensions,
                let values = entry.floats()
            else { throw StateArchive(file, backend, at: place).lacking("\(prefix).\(name)") }
            guard values.allSatisfy(\.isFinite) else {
                throw UserError(
                    .data, "\(prefix).\(name) holds values that are not finite", at: place,
                    advice: "restore the file from a copy, or repeat the run")
            }
            backend.copy(backend.tensor(values, view.shape, backend.real), into: view)
        }
    }
}
