import Datasets
import EnergyModels

/// A small part of a run's data, for smoke runs: of whatever data and split the recipe accepts there is one.
extension ExperimentData {
    /// A few images of every class, for training and for testing, split as the recipe says but for the numbers.
    ///
    /// It is made of the images and the limit alone, so that recipes of one table have one excerpt whatever their seeds
    /// and numbers of labels. Where the few images cannot be split the data are left whole.
    package func excerpt(of recipe: Recipe) -> ExperimentData {
        guard let train = train as? ImageDataset, let test = test as? ImageDataset else { return self }
        let limit = recipe.data.excerpt
        let sets = (train: train.excerpt(limit), test: test.excerpt(limit), notices: notices)
        let classes = recipe.energy.classes
        let wanted = recipe.data.validation
        let scaled = max(min(wanted, 1), wanted * sets.train.count / max(train.count, 1))
        for labels in [min(recipe.data.labels, 2 * classes), min(recipe.data.labels, classes)] {
            for validation in [min(wanted, 16), min(wanted, scaled)] {
                let data = try? ExperimentData(recipe, sets, labels: labels, validation: validation)
                if let data { return data }
            }
        }
        return self
    }
}

extension ImageDataset {
    /// At most `limit` images of each class, and of those without a label 64 or as many as of all classes; of the images
    /// that the source holds out as many again.
    fileprivate func excerpt(_ limit: Int) -> ImageDataset {
        let heldOut = Set(heldOut)
        var counts: [[Int]: Int] = [:]
        let chosen = labels.indices.filter { index in
            let label = labels[index]
            let kind = [label, heldOut.contains(index) ? 1 : 0]
            counts[kind, default: 0] += 1
            return counts[kind, default: 0] <= (label < 0 ? max(64, limit * classes) : limit)
        }
        return chosen.count == count ? self : subset(chosen, name: name)
    }
}
