import Datasets

/// How many images a first recipe trains on, holds out and tests on.
public struct StartingParts: Sendable, Equatable, Encodable {
    /// Training images with a label, by class, held-out ones apart: `[K]`, empty where labels are not used.
    public let labelled: [Int]
    /// Training images without a label, held-out ones apart.
    public let unlabelled: Int
    /// Images that training does not see, on which settings are chosen.
    public let heldOut: Int
    public let test: Int

    /// Fewer held-out images tell no settings apart.
    package static let fewestHeldOut = 20
    package static let mostHeldOut = 1000
    /// Of the images, where none are given to test on.
    package static let testShare = DatasetOptions().testShare

    /// Labelled and unlabelled training images.
    public var train: Int { labelled.reduce(0, +) + unlabelled }

    /// - Parameter takesLabels: false for a recipe that uses no labels.
    package init(_ data: DatasetInspection, takesLabels: Bool) {
        let hasClasses = data.train.labelled > 0
        var groups = hasClasses ? data.train.histogram : [data.train.unlabelled]
        if let given = data.test {
            test = given.count
        } else {
            groups = zip(groups, data.keptForTest).map { $0 - $1 }
            test = data.keptForTest.reduce(0, +)
        }
        if data.heldOut.count > 0 {
            heldOut = data.heldOut.count
        } else {
            let held = Self.heldOut(of: groups)
            groups = zip(groups, held).map { $0 - $1 }
            heldOut = held.reduce(0, +)
        }
        labelled = takesLabels ? groups : []
        unlabelled = (hasClasses ? data.train.unlabelled : 0) + (takesLabels ? 0 : groups.reduce(0, +))
    }

    /// How many images of each class are held out: a tenth of all, or less so that no class loses its last one, or none
    /// where that is too few.
    package static func heldOut(of classes: [Int]) -> [Int] {
        let most = min(mostHeldOut, classes.reduce(0, +) / 10)
        for count in stride(from: most, through: fewestHeldOut, by: -1) {
            let held = apportion(count, among: classes)
            if zip(held, classes).allSatisfy({ $0 < $1 || $1 == 0 }) { return held }
        }
        return classes.map { _ in 0 }
    }
}
