import Networks
import Tensors

/// A network of shared layers, written down: a type in a file of its own for each network.
public protocol NetworkDesign: Sendable {
    /// The name by which recipes know it.
    var name: String { get }
    /// The settings of ``EnergyConfiguration`` that it reads beside width, slope and normalisation.
    var settings: NetworkSettings { get }
    /// The smallest side of images that the layers accept, in pixels.
    func smallestSide(_ configuration: EnergyConfiguration) -> Int
    /// Appends the layers, from the image to one axis of features.
    func build(_ network: inout NetworkBuilder)
}

extension NetworkDesign {
    public var settings: NetworkSettings { [] }
    public func smallestSide(_ configuration: EnergyConfiguration) -> Int { 1 }
}

/// Settings of ``EnergyConfiguration`` that some networks read.
public struct NetworkSettings: OptionSet, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    public static let pooling = NetworkSettings(rawValue: 1)
    public static let downsampling = NetworkSettings(rawValue: 2)
    public static let dropout = NetworkSettings(rawValue: 4)
}

/// Collects the layers of a network, following the shape of one datum.
public struct NetworkBuilder {
    public let configuration: EnergyConfiguration
    public private(set) var layers: [any Layer] = []
    /// Axes of one datum after the layers so far: `[H, W, C]`, or `[F]` at the end.
    public private(set) var shape: Shape
    private let prefix: String
    private var dropouts = 0
    private var convolutions = 0

    /// - Parameters:
    ///   - configuration: what the network reads.
    ///   - shape: `[H, W, C]` of one datum.
    ///   - prefix: of the parameters' names.
    init(_ configuration: EnergyConfiguration, shape: Shape, prefix: String = "") {
        self.configuration = configuration
        self.prefix = prefix
        self.shape = shape
    }

    public mutating func append(_ layer: any Layer) {
        layers.append(layer)
        shape = layer.outputShape(shape)
    }

    /// `width` channels times the configuration's factor.
    public func channels(_ width: Int) -> Int {
        max(1, Int((Double(width) * configuration.width).rounded()))
    }

    /// The next of the configuration's dropout rates; no layer where it is 0.
    public mutating func dropout() {
        let rates = configuration.dropout
        let rate = rates.indices.contains(dropouts) ? rates[dropouts] : 0
        if rate > 0 { append(Dropout(rate: rate, lane: dropouts)) }
        dropouts += 1
    }

    /// `convN` with what normalises and bends its output.
    public mutating func convolution(_ width: Int, kernel: Int, stride: Int = 1, padding: Int = 0) {
        convolutions += 1
        let name = "conv\(convolutions)"
        let convolution = Convolution(
            name, kernel: kernel, inputs: shape.last, outputs: channels(width), stride: stride,
            padding: padding)
        let layers = activated(
            convolution, norm: "\(name).norm", afterFirst: convolutions == 1, sumsTwoTerms: true)
        append(layers.count == 1 ? layers[0] : Sequential(layers, featureName: name))
    }

    public mutating func maxPool() { append(MaxPool()) }

    /// All positions become one.
    public mutating func globalPool() { append(GlobalPool(configuration.pooling)) }

    public mutating func flatten() { append(Flatten()) }
}

extension NetworkBuilder {
    /// Name and shape of a convolution.
    public struct Convolution {
        public let name: String
        public let kernel: Int
        public let inputs: Int
        public let outputs: Int
        public let geometry: ConvolutionGeometry

        public init(
            _ name: String, kernel: Int, inputs: Int, outputs: Int, stride: Int = 1, padding: Int = 0
        ) {
            self.name = name
            self.kernel = kernel
            self.inputs = inputs
            self.outputs = outputs
            geometry = ConvolutionGeometry(stride: stride, padding: padding)
        }
    }

    /// A convolution with the configuration's normalisation of weights.
    ///
    /// - Parameters:
    ///   - convolution: name and shape.
    ///   - slope: of a leaky ReLU after it; nil for none.
    ///   - isNormalized: whether ``norm(_:channels:afterFirst:)`` follows, which makes a bias idle.
    public func layer(_ convolution: Convolution, slope: Double? = nil, isNormalized: Bool = false)
        -> any Layer
    {
        let (name, kernel, geometry) = (prefix + convolution.name, convolution.kernel, convolution.geometry)
        switch configuration.normalization {
        case .weight, .meanOnly:
            return WeightNormConvolution(
                name, kernel: kernel, inputs: convolution.inputs, outputs: convolution.outputs,
                geometry: geometry, slope: slope.map { Float($0) }, hasBias: !isNormalized)
        case .batch, .batchAfterFirst, .spectral, .none:
            return PlainConvolution(
                name, kernel: kernel, inputs: convolution.inputs, outputs: convolution.outputs,
                geometry: geometry, slope: slope.map { Float($0) }, hasBias: !isNormalized,
                isSpectral: configuration.normalization == .spectral)
        }
    }

    /// The layer that normalises channels by statistics of batches; nil where the configuration has none.
    ///
    /// - Parameters:
    ///   - name: of its parameters.
    ///   - channels: of its input.
    ///   - afterFirst: whether they are the outputs of the first convolution.
    public func norm(_ name: String, channels: Int, afterFirst: Bool = false) -> (any Layer)? {
        switch configuration.normalization {
        case .batch: BatchNorm(name, channels: channels)
        case .batchAfterFirst: afterFirst ? nil : BatchNorm(name, channels: channels)
        case .meanOnly: MeanOnlyBatchNorm(name, channels: channels)
        case .weight, .spectral, .none: nil
        }
    }

    /// ``norm(_:channels:afterFirst:)`` where there is one, and leaky ReLU.
    ///
    /// - Parameters:
    ///   - name: of its parameters.
    ///   - channels: of its input.
    ///   - afterFirst: whether it follows the first convolution.
    ///   - sumsTwoTerms: as of `LeakyReLU`.
    public func activation(
        norm name: String, channels: Int, afterFirst: Bool = false, sumsTwoTerms: Bool = false
    ) -> [any Layer] {
        let norm = norm(name, channels: channels, afterFirst: afterFirst)
        return (norm.map { [$0] } ?? [])
            + [LeakyReLU(slope: configuration.slope, sumsTwoTerms: sumsTwoTerms)]
    }

    /// A convolution with what normalises and bends its output. Without a norm the leaky ReLU is the convolution's own.
    public func activated(
        _ convolution: Convolution, norm name: String, afterFirst: Bool = false, sumsTwoTerms: Bool = false
    ) -> [any Layer] {
        let channels = convolution.outputs
        guard norm(name, channels: channels, afterFirst: afterFirst) != nil else {
            return [layer(convolution, slope: configuration.slope)]
        }
        return [layer(convolution, isNormalized: true)]
            + activation(
                norm: name, channels: channels, afterFirst: afterFirst, sumsTwoTerms: sumsTwoTerms)
    }
}
