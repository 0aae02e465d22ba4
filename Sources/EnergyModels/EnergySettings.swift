import Networks
import Schemas

/// `[energy]`: the K-class energy-based model p_k(x) ∝ exp(f_k(x) − c_k).
public struct EnergySettings: Sendable, Equatable {
    public typealias Network = EnergyConfiguration.Network

    /// What f is measured against: nothing, the flow as it was after maximum likelihood, or the current flow.
    public typealias Base = EnergyConfiguration.Base
    public typealias Pooling = EnergyConfiguration.Pooling
    public typealias Downsample = EnergyConfiguration.Downsampling
    public typealias Head = EnergyConfiguration.Head
    public typealias Normalization = EnergyConfiguration.Normalization

    public var base: Base
    public var network = Network.convSmall
    /// Layers of the shared energy, where it has its own.
    public var sharedNetwork = Network.moments
    /// Factor on the energy's rate for a shared energy's own layers.
    public var sharedRate = 1.0
    /// K; 1 is the unsupervised model.
    public var classes = 10
    /// Units of a critic's last layer; 0: K.
    public var outputs = 0
    /// Number of experts where the head is a product of experts.
    public var experts = 128
    /// Factor on the channels of every layer.
    public var width = 1.0
    public var head: Head
    /// Standard deviation of the logits over the batch that initialises them.
    public var initialDeviation = 1.0
    public var normalization = Normalization.weight
    public var normalizeLogits = false
    /// Slope of the leaky ReLU below 0.
    public var slope = 0.2
    public var pooling = Pooling.max
    public var downsample = Downsample.stride
    /// Rates before the first, second and third block.
    public var dropout = [0.2, 0.5, 0.5]
    /// ρ_k of eq. 15; empty: uniform, as in eq. 18.
    public var priors: [Double] = []
    /// ν: samples of the flow a datum.
    public var negatives = 1

    /// A data set may have as many classes.
    public static let largestClassCount = 1000

    /// The defaults of a base: only base `none` needs a head with a gain, to follow the spread of log q.
    public init(base: Base) {
        self.base = base
        head = base == .none ? .gain : .plain
    }

    /// What the energy is made of.
    public func configuration(input: InputSettings) -> EnergyConfiguration {
        var configuration = EnergyConfiguration()
        configuration.network = network
        configuration.sharedNetwork = sharedNetwork
        configuration.sharedRate = sharedRate
        configuration.classes = classes
        configuration.outputs = outputs
        configuration.experts = experts
        configuration.base = base
        configuration.initialDeviation = initialDeviation
        configuration.normalization = normalization
        configuration.normalizesLogits = normalizeLogits
        configuration.slope = slope
        configuration.standardizesInput = input.standardize
        configuration.translation = input.translate
        configuration.inputNoise = input.noise
        configuration.pooling = pooling
        configuration.downsampling = downsample
        configuration.head = head
        configuration.width = width
        configuration.dropout = dropout
        configuration.priors = priors.isEmpty ? nil : priors
        return configuration
    }

    /// The network in a few words: `conv-small × 0.5, mean pooling`. The paper's pooling is not mentioned.
    public var networkTitle: String {
        network.rawValue + (width == 1 ? "" : " × \(width)") + (pooling == .max ? "" : ", \(pooling) pooling")
    }
}

extension EnergySettings {
    /// The keys of the table, with their types and meanings.
    public static let schema = Schema<EnergySettings>([
        .variant("base", \.base, "the density that exp(f) multiplies", defaults: EnergySettings.init),
        .choice("network", \.network, "layers of f (the paper's Tables 5 and 6)"),
        .integer(
            "classes", \.classes, .between(1, Self.largestClassCount),
            "number of classes K; 1 means no classes"),
        .number("width", \.width, .between(0.01, 16), "factor on the channels of every layer"),
        .integer("outputs", \.outputs, .atLeast(0), "units of a critic's last layer; 0 means K"),
        .choice(
            "head", \.head,
            "f_k: plain, K outputs; gain, an energy that classes share, and K parts; separate, such an energy with layers of its "
                + "own on raw pixels; flow, one with the flow's layers that starts as a copy of it; experts"
        ),
        .choice("shared-network", \.sharedNetwork, "layers of the energy that classes share")
            .when(\.head, "head", .separate),
        .number(
            "shared-rate", \.sharedRate, .above(0),
            "factor on the energy's rate for the layers that only the shared energy has"
        )
        .when(\.head, "head", anyOf: [.separate, .flow]),
        .integer("experts", \.experts, .between(1, 65536), "number of experts")
            .when(\.head, "head", .experts),
        .number("initial-deviation", \.initialDeviation, .above(0), "standard deviation of the first logits"),
        .choice(
            "normalization", \.normalization,
            "normalisation of the layers; a density has weight, spectral or none"),
        .flag("normalize-logits", \.normalizeLogits, "batch normalisation of the logits: classifiers only"),
        .number("slope", \.slope, .halfOpen(0, 1), "slope of the leaky ReLU below 0"),
        .choice("pooling", \.pooling, "global pooling")
            .when(\.network, "network", anyOf: Network.those(reading: .pooling)),
        .choice("downsample", \.downsample, "how blocks halve the image")
            .when(\.network, "network", anyOf: Network.those(reading: .downsampling)),
        .numbers(
            "dropout", \.dropout, .halfOpen(0, 1),
            "dropout rates before the three blocks; of resnet, within the blocks of its three groups"
        )
        .when(\.network, "network", anyOf: Network.those(reading: .dropout)),
        .numbers("priors", \.priors, .above(0), "class priors ρ_k, K numbers; empty means uniform"),
        .integer(
            "negatives", \.negatives, .between(1, 64), "ν, the number of samples of the flow for each image"),
    ])
}
