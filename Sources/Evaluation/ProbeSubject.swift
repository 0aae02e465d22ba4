import Datasets
import EnergyModels
import Foundation
import Methods
import Networks
import Probes
import System
import Tensors
import Training

/// A network whose features are taken: a trained one, or the same as initialised from data.
public struct ProbeSubject {
    public let network: ProbeResult.Network
    package let recipe: Recipe
    public let data: ExperimentData
    public let backend: any Backend
    /// Index of the phase whose weights these are; nil for an untrained network.
    package let phase: Int?
    package let energy: ConditionalEnergy
    package let store: ParameterStore

    /// - Throws: `UserError(.recipe)` for a run that trains no network on images.
    public init(_ state: TrainingState, _ recipe: Recipe, _ data: ExperimentData) throws {
        guard let energy = state.energy, let store = state.evaluatedEnergyStore, recipe.data.source != .plane
        else {
            throw UserError(
                .recipe, "\(recipe.name) has no network of images to take features from",
                advice: "name a run that trains one")
        }
        guard state.energyIsInitialized else {
            throw UserError(
                .recipe, "the network of \(recipe.name) is not trained yet", advice: "name a later --phase")
        }
        (self.recipe, self.data, self.energy, self.store) = (recipe, data, energy, store)
        backend = state.backend
        network = recipe.method == .randomInit ? .randomInit : .trained
        phase = network == .trained ? state.phase : nil
    }

    /// The recipe's network with the run's seed and its data-dependent initialisation, untrained.
    /// - Throws: `UserError(.recipe)` for a recipe that trains no network on images.
    public init(untrained recipe: Recipe, _ data: ExperimentData, backend: any Backend) throws {
        let state = TrainingState(recipe, extents: data.extents, images: data.train.count, backend: backend)
        if let energy = state.energy,
            let phase = recipe.phases.firstIndex(where: { $0.settings.models.contains(.energy) })
        {
            TrainingContext(recipe: recipe, data: data, state: state, phaseIndex: phase)
                .initializeUntrained(energy)
            state.energyIsInitialized = true
        }
        var untrained = recipe
        untrained.method = .randomInit
        try self.init(state, untrained, data)
    }

    public func extractor(layers: [String]) throws -> FeatureExtractor {
        try FeatureExtractor(energy, store: store, layers: layers)
    }

    /// What decides the features of images of hash `data`.
    package func identity(_ extractor: FeatureExtractor, data: String) -> FeatureFile.Identity {
        var hash = SHA256()
        hash.update("\(energy.configuration)\n".utf8)
        for name in store.names {
            hash.update("\(name) \(store[name].shape)\n".utf8)
            hash.update(backend.floats(store[name]).withUnsafeBytes { Array($0) })
        }
        return .init(weights: hash.hex(), layers: extractor.layers, data: data)
    }
}

/// Progress of one part of a probe: what is done, how much of how much.
public typealias ProbeProgress = (_ part: String, _ done: Int, _ of: Int) throws -> Void

extension ProbeSubject {
    /// Probes with every number of labels of `plan`.
    ///
    /// - Parameters:
    ///   - plan: labels, layers and classifier.
    ///   - cache: the folder in which features are kept; nil: they are not.
    ///   - warn: told of damaged files.
    ///   - progress: called after every batch of images and every classifier, and again within each; what it throws
    ///     ends the probe.
    /// - Throws: `UserError(.recipe)` for unknown layers and where there are too few labelled images.
    public func probe(
        _ plan: ProbePlan, cache: String? = nil, warn: (String) -> Void = { _ in },
        progress: ProbeProgress = { _, _, _ in }
    ) throws -> [ProbeResult] {
        let extractor = try extractor(layers: plan.layers)
        let (train, test) = (data.train, data.test)
        guard test.count > 0 else {
            throw UserError(
                .recipe, "a final run has no test images to score a probe on",
                advice: "probe a run without --final")
        }
        let labelled = train.labels.indices.filter { train.labels[$0] >= 0 }
        guard !labelled.isEmpty else {
            throw UserError(.recipe, "\(train.name) has no labels", advice: "choose labelled data")
        }
        let settings = plan.settings(of: recipe)
        let features = try [(train, "train", labelled), (test, "test", Array(0..<test.count))].map {
            set, name, rows in
            try self.features(of: set, name, rows, extractor, cache: cache, warn: warn, progress: progress)
        }
        let probe = try LinearProbe(
            train: features[0], test: features[1], of: train, settings, backend: backend)
        return try plan.labels.map { labels in
            let count = LinearProbe.solutionCount(labels: labels, settings)
            var done = 0
            func show() throws { try progress("\(labels == 0 ? "all" : String(labels)) labels", done, count) }
            let score = try probe.score(
                labels: labels,
                progress: {
                    done += 1
                    try show()
                }, poll: show)
            return result(score, settings, extractor, features: features[0].width)
        }
    }

    private func result(
        _ score: ProbeScore, _ settings: ProbeSettings, _ extractor: FeatureExtractor, features: Int
    ) -> ProbeResult {
        ProbeResult(
            network: network, phase: phase, classifier: settings.method.rawValue,
            layers: extractor.layers,
            features: features, labels: score.labels, holdOut: settings.holdOut, cost: score.cost,
            heldOutError: score.heldOutError, errors: score.errors)
    }

    /// The features of examples of a set, kept in `cache` if there is one.
    public func features(
        of set: any ExampleSet, _ name: String, _ indices: [Int], _ extractor: FeatureExtractor,
        cache: String? = nil, warn: (String) -> Void = { _ in }, progress: ProbeProgress = { _, _, _ in }
    ) throws -> Features {
        func computed() throws -> Features {
            try extractor.features(of: set, indices) {
                try progress("features, \(name)", $0, indices.count)
            }
        }
        guard let cache else { return try computed() }
        return try FeatureCache(folder: cache, backend: backend).features(
            identity(extractor, data: set.sha256), warn: warn, compute: { try computed() })
    }

    /// Writes the features of the labelled training images, or of the test images, to a file.
    /// - Throws: `UserError(.recipe)` for unknown layers, `.output` when the file cannot be written.
    public func writeFeatures(
        ofTest: Bool, layers: [String], to path: String, progress: ProbeProgress = { _, _, _ in }
    ) throws -> (count: Int, width: Int) {
        let extractor = try extractor(layers: layers)
        let set = ofTest ? data.test : data.train
        let features = try features(
            of: set, ofTest ? "test" : "train", Array(0..<set.count), extractor, progress: progress)
        try FeatureFile.write(features, identity(extractor, data: set.sha256), to: path, backend)
        return (features.count, features.width)
    }
}
