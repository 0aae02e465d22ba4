import Datasets
import System
import Training

extension DataSize {
    /// How many images a recipe trains and tests on: those that lie in its folder, else those that are published.
    /// - Throws: `UserError(.missing)` for data that are neither there nor known by their name.
    package init(expectedBy recipe: Recipe) throws(UserError) {
        let data = recipe.data
        guard let source = data.source.images else {
            self.init(train: data.train, test: data.test)
            return
        }
        guard let found = (try? Self.found(source, data)) ?? Self.published(data) else {
            throw UserError(
                .missing, "are not there, so that nobody knows how many images to rehearse with",
                at: data.directory, advice: "name the folder of the data with --data")
        }
        func limited(_ count: Int, to limit: Int) -> Int { limit == 0 ? count : min(count, limit) }
        self.init(
            train: limited(found.train, to: data.train), test: limited(found.test, to: data.test))
    }

    private static func found(
        _ source: DatasetSource, _ data: DataSettings
    ) throws(UserError) -> (train: Int, test: Int) {
        let found = try DatasetInspection(at: data.directory, source: source)
        let train = found.train.count + found.heldOut.count
        if let test = found.test { return (train, test.count) }
        let kept = data.test > 0 ? data.test : Int((data.testShare * Double(train)).rounded())
        return (train - kept, kept)
    }

    /// Training and test images of published data.
    private static func published(_ data: DataSettings) -> (train: Int, test: Int)? {
        switch data.source {
        case .svhn: (73_257 + (data.extra ? 531_131 : 0), 26_032)
        case .fashionMNIST: (60_000, 10_000)
        case .cifar10: (50_000, 10_000)
        case .imageFolder where data.name == "CelebA": (202_599 - data.test, data.test)
        case .synthetic: (data.train, data.test)
        case .imageFolder, .csv, .npz, .plane: nil
        }
    }
}
