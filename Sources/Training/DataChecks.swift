import Datasets
import EnergyModels
import System

/// What must be left of the data for a recipe to make sense; the errors say how to change the recipe.
extension ExperimentData {
    package static func expectClasses(of train: any ExampleSet, _ recipe: Recipe) throws(UserError) {
        let (name, classes) = (recipe.data.name, recipe.energy.classes)
        guard classes > 1, train.classes != classes else { return }
        let advice =
            switch train.classes {
            case 0:
                "label its images (in an image folder: a folder for each class), or train without classes: "
                    + "set energy.classes = 1"
            case 1...ImageDataset.largestClassCount: "set energy.classes = \(train.classes)"
            default:
                "take \(ImageDataset.largestClassCount) classes at most, or train without: set energy.classes = 1"
            }
        let found = train.classes == 0 ? "no classes" : "\(train.classes)"
        throw UserError(.recipe, "energy.classes = \(classes), but \(name) has \(found)", advice: advice)
    }

    package func expectImages(of recipe: Recipe) throws(UserError) {
        guard test.count > 0 || recipe.data.final else {
            throw UserError(
                .recipe, "nothing of \(name) is left to test on",
                advice: recipe.data.source.images?.keepsTestShare == true
                    ? "set data.test = 1 or more, or raise data.test-share" : "take data with test images")
        }
        guard split.unlabelled.isEmpty else { return }
        let isHeldOut = split.validation.count == train.count
        let advice =
            if !isHeldOut { "set data.unlabelled-includes-labelled = true" } else if train.heldOut.isEmpty {
                "set data.validation = \(max(0, train.count - 1)) or fewer"
            } else { "add training images: all of these are of its held-out part" }
        throw UserError(
            .recipe, "nothing of \(name) is left to train on without a label", advice: advice)
    }

    /// A recipe with labels needs some of every class: a class without any cannot be learnt.
    package func expectLabels(of recipe: Recipe) throws(UserError) {
        guard recipe.data.hasLabels, recipe.energy.classes > 1 else { return }
        let known = Set(train.labels(at: split.labelled))
        let missing = (0..<train.classes).filter { !known.contains($0) }
        guard let first = missing.first else { return }
        let counts = classCounts
        guard counts.contains(where: { $0 > 0 }) else {
            throw UserError(
                .recipe, "none of the \(train.count) training images of \(name) has a label",
                advice: "label some of every class, or choose a method without labels")
        }
        let who = "class `\(train.classNames[first])`" + Self.others(missing.count - 1)
        let absent = missing.first { counts[$0] == 0 }
        if let absent {
            throw UserError(
                .recipe, "\(name) has no training image of class `\(train.classNames[absent])`",
                advice: "add some, or leave the class out of the data and of energy.classes")
        }
        throw UserError(
            .recipe,
            "nothing is left to learn \(who) from: all of its \(counts[first]) labelled images are held out",
            advice: "set data.validation = \(mostValidation(of: counts)) or fewer")
    }

    private static func others(_ count: Int) -> String {
        switch count {
        case 0: ""
        case 1: " and another one"
        default: " and \(count) others"
        }
    }

    /// Labelled training images of each class, without those that the source itself holds out.
    private var classCounts: [Int] {
        var counts = [Int](repeating: 0, count: train.classes)
        for label in train.labels where label >= 0 { counts[label] += 1 }
        for index in train.heldOut where train.labels[index] >= 0 { counts[train.labels[index]] -= 1 }
        return counts
    }

    /// How many images can be held out so that one of every class is left.
    private func mostValidation(of counts: [Int]) -> Int {
        var count = split.validation.count
        while count > 0, zip(counts, Split.heldOutCounts(count, of: counts)).contains(where: { $0 <= $1 }) {
            count -= 1
        }
        return count
    }
}
