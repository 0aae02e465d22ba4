import Datasets
import EnergyModels

extension InputSettings {
    package var augmentation: Augmentation { Augmentation(flip: flip, crop: crop) }

    /// What tables put behind the network: `, flip, crop 4`.
    package var title: String { (flip ? ", flip" : "") + (crop > 0 ? ", crop \(crop)" : "") }
}
