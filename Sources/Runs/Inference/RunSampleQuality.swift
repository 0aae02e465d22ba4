import Datasets
import Evaluation
import FeatureDistances
import Methods
import Probes
import Scores
import System
import Tensors
import Training

/// A network in whose features samples and images are compared.
public enum QualityNetwork: Sendable, Equatable {
    /// Inception v3, with the weights of a file that `Examples/inception.py` makes.
    case inception(weights: String)
    /// The classifier of a run.
    case classifier(run: String)
}

extension LoadedRun {
    /// How far `count` samples of the run's flow or generator are from its training images.
    ///
    /// - Parameters:
    ///   - network: whose features are compared.
    ///   - data: the run's.
    ///   - count: of samples; at least 2.
    ///   - cache: the folder in which the features of the images are kept; nil: they are not.
    ///   - warn: told of damaged files.
    ///   - progress: of samples and features; what it throws ends the comparison.
    /// - Throws: `UserError(.recipe)` for a run without samples, and for a classifier of other images; as reading the network
    ///   does.
    public func sampleQuality(
        in network: QualityNetwork, on data: ExperimentData, samples count: Int, cache: String? = nil,
        warn: (String) -> Void = { _ in }, progress: ProbeProgress = { _, _, _ in }
    ) throws -> SampleQuality {
        try requireImages()
        let network = try features(network)
        let drawn = try samples(count) { try progress("samples", $0, count) }
        let cached = cache.map { FeatureCache(folder: $0, backend: backend) }
        let images = try network.features(
            of: data.train, "the images", cache: cached, backend, warn: warn, progress: progress)
        let features = try network.features(of: drawn, "the samples", backend, progress: progress)
        let distance = frechetDistance(
            FeatureMoments(features, backend), FeatureMoments(images, backend), backend)
        // Images of a data set may be sorted, and the kernel distance takes subsets of neighbours.
        var stream = RandomStream(RandomKey(seed: 0, purpose: .evaluation))
        let order = stream.permutation(images.shape.first).prefix(KernelDistance.mostRows)
        let shuffled = backend.gatherRows(images, Array(order))
        let kernel = KernelDistance(features, shuffled, backend)
        guard distance.isFinite, kernel?.value.isFinite ?? true else {
            throw UserError(
                .data, "features in \(network.name) are not finite", at: files.path,
                advice: "compare in another network")
        }
        return SampleQuality(
            kind: network.kind, network: network.name, networkHash: network.hash,
            features: features.shape.last, samples: count, images: data.train.count,
            imagesSHA256: data.train.sha256, frechet: distance, kernel: kernel?.value,
            kernelError: kernel?.standardError)
    }

    private func features(_ network: QualityNetwork) throws -> any ImageFeatures {
        switch network {
        case .inception(let path): return try InceptionFeatures(weights: path, backend: backend)
        case .classifier(let path):
            let run = try LoadedRun(at: path, threads: backend.threads)
            let (theirs, ours) = (run.header.data, header.data)
            guard (theirs.height, theirs.width, theirs.channels) == (ours.height, ours.width, ours.channels)
            else {
                throw UserError(
                    .recipe,
                    "the network takes images of \(theirs.height)x\(theirs.width)x\(theirs.channels)",
                    at: path, advice: "name a run on images of \(ours.height)x\(ours.width)x\(ours.channels)")
            }
            let subject = try ProbeSubject(run.state, run.recipe, try run.data())
            return try ClassifierFeatures(subject, name: "\(run.recipe.name), seed \(run.recipe.seed)")
        }
    }

    /// Samples as a program that reads pictures would see them: bytes, clipped to 0...255.
    private func samples(_ count: Int, progress: (Int) throws -> Void) throws -> ImageDataset {
        guard let samples = try state.samples(count, seed: recipe.seed, progress: progress) else {
            throw UserError(
                .recipe, "phase \(phase + 1) (\(phaseName)) has no trained flow or generator to draw from",
                at: files.path, advice: "name a --phase behind a flow's or a generator's")
        }
        return ImageDataset(
            name: "samples", height: header.data.height, width: header.data.width,
            channels: header.data.channels, classNames: [],
            pixels: backend.floats(samples).map(UInt8.init(binOf:)),
            labels: [Int](repeating: ImageDataset.unlabelled, count: count))
    }

    /// Keeps distances in `evaluation.json` and `result.json`, in place of older ones of their kind, for reports and tables.
    /// Returns false, with nothing written, unless the weights are the outcome of a finished run.
    ///
    /// - Throws: `UserError(.output)` when they cannot be written.
    public func keep(_ found: [SampleQuality]) throws -> Bool {
        guard var evaluation = try? files.evaluation(), evaluation.phases.count == recipe.phases.count,
            phase == recipe.phases.count - 1, var result = files.finishedResult(of: recipe)
        else { return false }
        let kinds = found.map(\.kind)
        let others = (evaluation.sampleQuality ?? []).filter { !kinds.contains($0.kind) }
        evaluation.sampleQuality = others + found
        result.sampleQuality = evaluation.sampleQuality
        for quality in found {
            for (metric, value) in quality.scores {
                evaluation.phases[phase].scores[metric] = value
                result.scores[metric] = value
            }
        }
        try files.write(evaluation, to: "evaluation.json", isPretty: false)
        try files.write(result, to: "result.json")
        return true
    }
}

extension SampleQuality {
    /// The distances as scores.
    public var scores: [(metric: Metric, value: Double?)] {
        switch kind {
        case .inception: [(.fid, frechet), (.kid, kernel)]
        case .classifier: [(.frechetDistance, frechet), (.kernelDistance, kernel)]
        }
    }
}
