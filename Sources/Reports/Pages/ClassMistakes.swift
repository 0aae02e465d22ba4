import Datasets
import Evaluation

/// Test images of one class that were taken for another, the surest mistakes first.
public struct ClassMistakes: Sendable {
    /// One misclassified test image.
    public struct Image: Sendable {
        public let image: RunEvaluation.HardImage
        /// The file that it came from, if the data is at hand and keeps a file for each image.
        public let file: String?
        /// A thumbnail, if the data is at hand.
        public let jpeg: [UInt8]?
    }

    public let label: Int
    /// The class has so many mistakes, and test images; nil where only the surest mistakes of the run are known.
    public let wrong: Int?
    public let count: Int?
    public let images: [Image]

    /// Classes shown at most, and images of all of them together.
    static let (classLimit, imageLimit) = (12, 72)

    /// The classes with the most mistakes, in the order of their labels.
    ///
    /// - Parameters:
    ///   - predictions: of all test images; nil: the mistakes are those `listed`.
    ///   - images: the test set; nil when it is not at hand.
    /// - Throws: `UserError` when a thumbnail cannot be made.
    static func worst(
        _ predictions: Predictions?, listed: [RunEvaluation.HardImage], of images: ImageDataset?
    ) throws -> [ClassMistakes] {
        let mistakes = predictions.map(mistakes) ?? listed
        let byClass = Dictionary(grouping: mistakes, by: \.label)
        let worst = byClass.sorted { ($0.value.count, $1.key) > ($1.value.count, $0.key) }.prefix(classLimit)
        let each = max(6, imageLimit / max(worst.count, 1))
        var counts: [Int: Int] = [:]
        for label in predictions?.labels ?? [] { counts[label, default: 0] += 1 }
        return try worst.sorted { $0.key < $1.key }.map { label, all in
            let surest = all.sorted { ($0.probability, $1.index) > ($1.probability, $0.index) }.prefix(each)
            return ClassMistakes(
                label: label, wrong: predictions == nil ? nil : all.count, count: counts[label],
                images: try surest.map { image in
                    Image(
                        image: image, file: images.flatMap { file($0, image.index) },
                        jpeg: try images.flatMap { try thumbnail($0, image.index) })
                })
        }
    }

    private static func mistakes(_ predictions: Predictions) -> [RunEvaluation.HardImage] {
        let predicted = predictions.predicted
        return predicted.indices.filter { predicted[$0] != predictions.labels[$0] }.map { index in
            RunEvaluation.HardImage(
                index: index, label: predictions.labels[index], predicted: predicted[index],
                probability: Double(predictions.probabilities[index * predictions.classes + predicted[index]])
            )
        }
    }

    private static func file(_ images: ImageDataset, _ index: Int) -> String? {
        images.files.indices.contains(index) ? images.files[index] : nil
    }

    private static func thumbnail(_ images: ImageDataset, _ index: Int) throws -> [UInt8]? {
        guard (0..<images.count).contains(index), images.channels == 1 || images.channels == 3 else {
            return nil
        }
        return try Picture(
            width: images.width, height: images.height, channels: images.channels,
            pixels: Array(images.image(index))
        ).shrunk(to: 128).jpeg(quality: 90)
    }
}
