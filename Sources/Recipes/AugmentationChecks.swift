import Datasets
import EnergyModels
import Schemas
import Training

/// What random changes of the training images and weights of the classes need.
extension Recipe {
    package func checkAugmentation(_ cursor: SchemaCursor) throws {
        let place = cursor.entering("input")
        try require(
            !input.flip || data.source != .svhn, place.entering("flip"),
            "SVHN's digits must not be mirrored: that makes other signs of them",
            advice: "remove input.flip; input.crop may stay")
        try require(
            input.crop < data.size, place.entering("crop"),
            "input.crop = \(input.crop) is not below the images' side of \(data.size) pixels",
            advice: "lower input.crop, such as to 4")
    }

    package func checkClassWeights(_ cursor: SchemaCursor) throws {
        let place = cursor.entering("label").entering("class-weights")
        guard label.classWeights != .equal else { return }
        try require(
            data.hasLabels, place, "label.class-weights without labelled images weigh nothing",
            advice: "set data.labels or data.all-labels, or remove label.class-weights")
        guard case .given(let numbers) = label.classWeights else { return }
        try require(
            numbers.count == energy.classes, place,
            "\(numbers.count) class weights for \(energy.classes) classes",
            advice: "give one number a class, in the order of `fce data info`")
    }
}

extension Recipe {
    /// What a user should know of the paper's number beside this recipe's; nil where nothing is in the way.
    package var noteOnPaper: String? {
        guard let paper = report.paper, !input.augmentation.isIdentity else { return nil }
        return "the paper's \(paper.cell) was trained without flips and crops (input.flip, input.crop): "
            + "the difference to it is not of the method alone"
    }
}
