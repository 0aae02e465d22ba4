import Datasets
import EnergyModels
import Evaluation
import Methods
import Networks
import System
import Tensors
import Training

/// What a run's models say of one image, at the centres of its bytes' bins.
public struct ImageScore: Encodable, Sendable {
    /// The file, and in a file of many images `#INDEX`, from 0.
    public let image: String
    /// The most probable class; nil without a classifier.
    public let predicted: Int?
    /// Its name.
    public let className: String?
    /// p(y|x) by class; empty without a classifier.
    public let probabilities: [Float]
    /// log p(x) in nats, unnormalised but for c̄; nil without a trained flow and energy.
    public let logP: Double?
    /// log p(x) − log q(x) in nats.
    public let logRatio: Double?

    /// p(y|x) of the most probable class.
    public var probability: Float? { predicted.map { probabilities[$0] } }

    private enum CodingKeys: String, CodingKey {
        case image, predicted, className, probability, probabilities, logP, logRatio
    }

    /// All keys are always there, with null for what the run does not have.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(image, forKey: .image)
        try container.encode(predicted, forKey: .predicted)
        try container.encode(className, forKey: .className)
        try container.encode(probability, forKey: .probability)
        try container.encode(probabilities, forKey: .probabilities)
        try container.encode(logP, forKey: .logP)
        try container.encode(logRatio, forKey: .logRatio)
    }
}

extension LoadedRun {
    /// Scores the images of files; see `ImageFile` for their kinds. Names are as `PathText` writes them.
    /// - Throws: `UserError(.recipe)` for a run in the plane, else as the readers do.
    public func scores(ofFiles paths: [String]) throws -> [ImageScore] {
        try requireImages()
        let data = header.data
        var names: [String] = []
        var pixels: [UInt8] = []
        for path in paths {
            let images = try ImageFile.read(path, size: data.height, channels: data.channels)
            try requireSize(images)
            names += images.count == 1 ? [path] : (0..<images.count).map { "\(path)#\($0)" }
            pixels += images.pixels
        }
        let labels = [Int](repeating: ImageDataset.unlabelled, count: names.count)
        return try scores(
            of: ImageDataset(
                name: "images", height: data.height, width: data.width, channels: data.channels,
                classNames: [], pixels: pixels, labels: labels), names)
    }

    /// A picture of samples of the flow, or of a GAN's generator.
    /// - Throws: `UserError(.recipe)` for a run in the plane, without either, or for a generator's temperature.
    public func sampleGrid(_ count: Int, seed: Int, temperature: Double) throws -> SampleGrid {
        try requireImages()
        guard temperature == 1 || state.generator == nil else {
            throw UserError(
                .recipe, "a generator has no temperature", at: files.path,
                advice: "leave out --temperature")
        }
        guard let samples = try state.samples(count, seed: seed, temperature: temperature) else {
            throw UserError(
                .recipe, "phase \(phase + 1) (\(phaseName)) has no trained flow or generator to draw from",
                at: files.path)
        }
        return SampleGrid(
            backend.floats(samples), height: header.data.height, width: header.data.width,
            channels: header.data.channels)
    }

    package func requireImages() throws {
        guard recipe.data.source == .plane else { return }
        throw UserError(
            .recipe, "the run is of points in the plane, not of images", at: files.path,
            advice: "`fce report` draws its densities")
    }

    private func requireSize(_ images: ImageDataset) throws {
        let wanted = [header.data.height, header.data.width, header.data.channels]
        func size(_ extents: [Int]) -> String { extents.map(String.init).joined(separator: "x") }
        guard images.extents == wanted else {
            throw UserError(
                .data, "the images are \(size(images.extents)), the model takes \(size(wanted))",
                at: images.name)
        }
    }

    private func scores(of images: ImageDataset, _ names: [String]) throws -> [ImageScore] {
        try passes(over: images.count).flatMap { rows in
            let values = images.values(
                at: Array(rows), dequantize: .centre, key: RandomKey(seed: 0, purpose: .evaluation))
            let batch = backend.tensor(values, Shape([rows.count] + images.extents), backend.real)
            return try scores(of: batch, Array(names[rows]))
        }
    }

    private func scores(of images: Tensor, _ names: [String]) throws -> [ImageScore] {
        let classes = recipe.energy.classes
        let isClassifier = classes > 1 && state.energyIsInitialized
        let energy = isClassifier ? state.energy : nil
        let posterior = energy.map { state.classProbabilities(images, $0) }
        let densities = try state.densities(images)
        return names.indices.map { i in
            let row = posterior.map { Array($0[i * classes..<(i + 1) * classes]) } ?? []
            let predicted = row.indices.max { row[$0] < row[$1] }
            return ImageScore(
                image: names[i], predicted: predicted, className: predicted.map(header.className),
                probabilities: row,
                logP: densities.difference.isEmpty ? nil : densities.energy[i],
                logRatio: densities.difference.isEmpty ? nil : densities.difference[i])
        }
    }
}
