import Datasets
import EnergyModels
import FeatureDistances
import Networks
import Probes
import System
import Tensors

/// A network that says what images look like.
package protocol ImageFeatures {
    var kind: SampleQuality.Kind { get }
    var name: String { get }
    /// The SHA-256 of the weights.
    var hash: String { get }
    /// Most images of a pass.
    var batch: Int { get }
    /// Real `[N, D]` of real `[N, H, W, C]` at the centres of bytes' bins.
    func features(_ images: Tensor) throws -> Tensor
}

/// Inception v3 as the FID has it.
package struct InceptionFeatures: ImageFeatures {
    package let kind = SampleQuality.Kind.inception
    package let name = "Inception v3"
    package let batch = 32
    private let network: Inception

    /// - Parameter path: of the weights, as `Examples/inception.py` writes them.
    /// - Throws: `UserError(.missing)` without them, `.data` for a damaged file or another network.
    package init(weights path: String, backend: any Backend) throws {
        network = try Inception(InceptionWeights(path: path, backend: backend), backend: backend)
    }

    package var hash: String { network.hash }
    package func features(_ images: Tensor) throws -> Tensor { try network(images) }
}

/// The last maps of a classifier, averaged over the image.
package struct ClassifierFeatures: ImageFeatures {
    package let kind = SampleQuality.Kind.classifier
    package let name: String
    package let hash: String
    package let batch = FeatureExtractor.batch
    private let energy: ConditionalEnergy
    private let store: ParameterStore
    private let layers: [String]

    /// - Throws: `UserError(.recipe)` for a subject whose network has no layers.
    package init(_ subject: ProbeSubject, name: String) throws {
        let extractor = try subject.extractor(layers: ["top"])
        (self.name, layers) = (name, extractor.layers)
        hash = subject.identity(extractor, data: "").weights
        (energy, store) = (subject.energy, subject.store)
    }

    package func features(_ images: Tensor) -> Tensor {
        let pass = Pass.inference(store)
        let maps = energy.featureMaps(pass.constant(images), pass, layers: layers)
        return store.backend.globalMeanPool(maps[0])
    }
}

extension ImageFeatures {
    /// Features of all of `images`, in the backend's real type; those of `cache` where they are kept there.
    package func features(
        of images: any ExampleSet, _ part: String, cache: FeatureCache? = nil, _ backend: any Backend,
        warn: (String) -> Void = { _ in }, progress: ProbeProgress = { _, _, _ in }
    ) throws -> Tensor {
        func computed() throws -> Features {
            try Features(
                of: images, Array(0..<images.count), batch: batch, backend,
                progress: { try progress("features of \(part)", $0, images.count) }, compute: features)
        }
        guard let cache else { return try computed().values }
        let identity = FeatureFile.Identity(
            weights: hash, layers: [name], data: images.sha256, grid: 1)
        return try cache.features(identity, warn: warn, compute: computed).values
    }
}
