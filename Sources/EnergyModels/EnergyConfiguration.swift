import Networks

/// What a conditional energy model is made of. Defaults are the paper's where it speaks.
public struct EnergyConfiguration: Sendable, Hashable {
    /// The shared layers. Each network is a static property in the file of its ``NetworkDesign``.
    public struct Network: RawRepresentable, Sendable, Hashable, CaseIterable {
        public static let allCases: [Network] = [.convSmall, .convLarge, .fourLayer, .mlp, .resnet, .moments]

        let design: any NetworkDesign

        /// A network of one's own, beside those that recipes know by name.
        public init(_ design: any NetworkDesign) { self.design = design }

        public init?(rawValue: String) {
            guard let known = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
            self = known
        }

        /// The name.
        public var rawValue: String { design.name }

        /// The networks that read a setting.
        public static func those(reading setting: NetworkSettings) -> [Network] {
            allCases.filter { $0.design.settings.contains(setting) }
        }
    }

    /// What log p_k carries besides f_k.
    public enum Base: String, Sendable, CaseIterable, Codable {
        /// log p_k = f_k − c_k, the paper's.
        case none
        /// log p_k = log q₀ + f_k − c_k with a frozen copy q₀ of the flow.
        case flow
        /// log p_k = log q_α + f_k − c_k with the current flow, held fixed while it is updated.
        case moving
    }

    public typealias Pooling = Networks.Pooling
    public enum Downsampling: String, Sendable, CaseIterable, Codable { case stride, maxpool }
    /// Normalisation of the shared layers. A density must be a function of one image, and batch statistics make f a
    /// function of the whole batch: they are for the classifiers and critics that FCE is compared with.
    public enum Normalization: String, Sendable, CaseIterable, Codable {
        /// Salimans & Kingma 2016, started from data: the paper's.
        case weight
        /// Ioffe & Szegedy 2015, after convolutions without bias, as in VAT.
        case batch
        /// Weight normalisation and mean-only batch normalisation, as in the Π-model and Mean Teacher.
        case meanOnly = "mean-only"
        /// Batch normalisation of all layers but the first and the last, as in DCGAN; Radford et al. 2016.
        case batchAfterFirst = "batch-after-first"
        /// Spectral normalisation of all layers, the last too: Miyato et al. 2018.
        case spectral
        /// No normalisation, as in WGAN-GP's critic.
        case none

        /// Whether f of an image depends on the batch it is in.
        public var usesBatchStatistics: Bool { [.batch, .meanOnly, .batchAfterFirst].contains(self) }
    }
    /// f_k = e(x) + h_k(x) with a shared energy e, but for `plain`, which has K outputs, and `experts`, which has one f, that of a
    /// `ProductOfExperts`. With `gain` e is one more unit with a learnable gain on the features of the h_k. With `separate` it has
    /// layers of its own, and with `flow` the layers of the flow, which start as a copy of it; both read raw pixels without
    /// dropout, as log q does.
    public enum Head: String, Sendable, CaseIterable, Codable {
        case plain, gain, separate, flow, experts

        /// Whether f_k has a part that all classes share.
        public var isShared: Bool { self == .gain || hasOwnLayers }
        /// Whether that part has layers that the class parts do not read.
        public var hasOwnLayers: Bool { self == .separate || self == .flow }
    }

    public var network: Network = .convSmall
    /// The layers of a shared energy of its own.
    public var sharedNetwork: Network = .moments
    /// Factor on the rate of a shared energy's own layers.
    public var sharedRate = 1.0
    public var classes = 10
    /// Units of a critic's last layer, which are not classes; 0 means K.
    public var outputs = 0
    /// Number of experts where the head is a product of experts.
    public var experts = 128
    public var base: Base = .none
    public var pooling: Pooling = .max
    public var downsampling: Downsampling = .stride
    public var head: Head = .plain
    public var normalization: Normalization = .weight
    /// Batch normalisation of the logits, as VAT on SVHN has it.
    public var normalizesLogits = false
    /// Whether every image is brought to mean 0 and variance 1 over its pixels and channels.
    public var standardizesInput = false
    /// Largest shift of images in training, in pixels each way.
    public var translation = 0
    /// Standard deviation of Gaussian noise that training adds to standardised images.
    public var inputNoise = 0.0
    /// Multiplies every channel count.
    public var width = 1.0
    /// Rates on the input and after each of the two strided blocks.
    public var dropout = [0.2, 0.5, 0.5]
    /// ρ_k; nil for 1/K.
    public var priors: [Double]?
    /// Standard deviation of the logits after initialisation.
    public var initialDeviation = 1.0
    /// Slope of the leaky ReLU below 0.
    public var slope = 0.2

    public init() {}

    /// Whether f of an image depends on the batch it is in.
    public var usesBatchStatistics: Bool { normalization.usesBatchStatistics || normalizesLogits }
    /// Whether ``Linearization`` knows all layers.
    public var isLinearizable: Bool { normalization == .weight && !normalizesLogits && head != .experts }
    /// The smallest side of images that the network accepts, in pixels.
    public var smallestSide: Int { network.design.smallestSide(self) }
    /// Outputs of the last layer.
    var units: Int { head == .experts ? experts : outputs > 0 ? outputs : classes }
}
