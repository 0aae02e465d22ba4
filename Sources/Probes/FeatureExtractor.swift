import Datasets
import EnergyModels
import Networks
import System
import Tensors

/// Features of labelled examples, held by a backend.
public struct Features: Sendable {
    /// Real `[N, F]`.
    public let values: Tensor
    /// `[N]`: classes, −1 for unlabelled examples.
    public let labels: [Int]

    public init(values: Tensor, labels: [Int]) {
        precondition(values.shape.rank == 2 && values.shape.first == labels.count)
        self.values = values
        self.labels = labels
    }

    /// N.
    public var count: Int { labels.count }
    /// F.
    public var width: Int { values.shape.last }
}

extension Features {
    /// Features of examples of `set` at the centres of their bytes' bins.
    ///
    /// - Parameters:
    ///   - set: the images.
    ///   - indices: positions in the set.
    ///   - batch: most examples of a pass.
    ///   - backend: where features are computed.
    ///   - progress: called with the number of examples done; what it throws ends the extraction.
    ///   - compute: real `[N, F]` of real `[N, H, W, C]`.
    package init(
        of set: any ExampleSet, _ indices: [Int], batch: Int, _ backend: any Backend,
        progress: (Int) throws -> Void, compute: (Tensor) throws -> Tensor
    ) rethrows {
        precondition(!indices.isEmpty, "features of no examples")
        var values: Tensor?
        for rows in chunks(of: indices.count, by: batch) {
            // The centres of bins are not drawn: the key is not used.
            let pixels = set.values(
                at: Array(indices[rows]), dequantize: .centre, key: RandomKey(seed: 0, purpose: .evaluation))
            let part = try compute(backend.tensor(pixels, Shape([rows.count] + set.extents), backend.real))
            let whole = values ?? backend.allocate([indices.count, part.shape.last], backend.real)
            backend.copy(part, into: whole.rows(rows))
            values = whole
            try progress(rows.upperBound)
        }
        guard let values else { preconditionFailure("features of no examples") }
        self.init(values: values, labels: set.labels(at: indices))
    }
}

/// What a network's convolutions make of images: each layer's output max-pooled to 4×4, flattened, and one after the
/// other, as Radford et al. 2016, section 5.1, take a discriminator's. With layers of 128, 256 and 512 maps these are the
/// 14,336 numbers of Table 3.
///
/// Everything runs as in evaluation, without dropout or noise, in the backend's real type: no bfloat16.
public struct FeatureExtractor {
    /// Cells of an axis that a map is pooled to.
    public static let grid = 4
    /// Most images of a pass.
    package static let batch = 250
    /// Names of the layers, from the image to the top.
    public let layers: [String]
    private let energy: ConditionalEnergy
    private let store: ParameterStore

    /// - Parameters:
    ///   - energy: the model whose layers are read.
    ///   - store: the parameters to use, such as averaged ones; nil for the energy's own.
    ///   - layers: `["all"]` for every convolution, `["top"]` for the last, or their names.
    /// - Throws: `UserError(.recipe)` for a name that the network does not have.
    public init(_ energy: ConditionalEnergy, store: ParameterStore? = nil, layers: [String]) throws {
        self.energy = energy
        self.store = store ?? energy.store
        let names = energy.layerNames
        switch layers {
        case ["all"]: self.layers = names
        case ["top"]: self.layers = names.suffix(1)
        default:
            if let wrong = layers.first(where: { !names.contains($0) }) {
                throw UserError(
                    .recipe, "the network has no layer `\(wrong)`",
                    advice: "take all, top, or among \(names.joined(separator: ", "))")
            }
            self.layers = names.filter(layers.contains)
        }
        guard !self.layers.isEmpty else {
            throw UserError(.recipe, "no layers to take features from", advice: "name some, or all, or top")
        }
    }

    /// Real `[N, F]` of `[N, H, W, C]`.
    public func callAsFunction(_ images: Tensor) -> Tensor {
        let pass = Pass.inference(store)
        let maps = energy.featureMaps(pass.constant(images), pass, layers: layers)
        let parts = maps.map { store.backend.gridMaxPooled($0, grid: Self.grid) }
        return parts.dropFirst().reduce(parts[0]) { store.backend.concatenated($0, $1) }
    }

    /// The features of examples of `set` at the centres of their bytes' bins, as many at a time as a pass takes.
    ///
    /// - Parameters:
    ///   - set: the images.
    ///   - indices: positions in the set; nil for all.
    ///   - progress: called with the number of examples done; what it throws ends the extraction.
    public func features(
        of set: any ExampleSet, _ indices: [Int]? = nil, progress: (Int) throws -> Void = { _ in }
    ) rethrows -> Features {
        try Features(
            of: set, indices ?? Array(0..<set.count), batch: Self.batch, store.backend, progress: progress,
            compute: callAsFunction)
    }
}
