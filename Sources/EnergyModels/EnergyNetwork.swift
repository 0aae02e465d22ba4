import Gradients
import Networks
import Tensors

/// The layers that all classes share: images `[N, H, W, C]` → features `[N, F]`.
struct EnergyNetwork: Sendable {
    enum Stage: Sendable {
        /// The index makes the masks of one pass different.
        case dropout(rate: Double, index: Int)
        case convolution(WeightNormConvolution)
        case plainConvolution(PlainConvolution)
        case batchNorm(BatchNorm)
        case meanOnlyBatchNorm(MeanOnlyBatchNorm)
        case leakyReLU(slope: Double)
        /// 2×2 maximum, stride 2.
        case maxPool
        case globalPool(EnergyConfiguration.Pooling)
        /// `[N, H, W, C]` → `[N, HWC]`.
        case flatten
    }

    let input: InputStages
    let stages: [Stage]
    /// F.
    let featureCount: Int

    func declare(in layout: inout ParameterLayout) {
        for stage in stages {
            switch stage {
            case .convolution(let layer): layer.declare(in: &layout)
            case .plainConvolution(let layer): layer.declare(in: &layout)
            case .batchNorm(let layer): layer.declare(in: &layout)
            case .meanOnlyBatchNorm(let layer): layer.declare(in: &layout)
            case .dropout, .leakyReLU, .maxPool, .globalPool, .flatten: break
            }
        }
    }

    /// Features in the real type. `activations` is the type in between: reduced precision unless a pass
    /// needs small differences (VAT's finite-difference direction).
    func callAsFunction(
        _ x: Variable, _ pass: Pass, activations: ScalarType, trace: Linearization? = nil
    ) -> Variable {
        var h = input(x, pass, trace).cast(to: activations)
        trace?.append(.cast)
        for stage in stages { h = apply(stage, h, pass, trace) }
        return h.cast(to: pass.backend.real)
    }

    func apply(_ stage: Stage, _ x: Variable, _ pass: Pass, _ trace: Linearization?) -> Variable {
        switch stage {
        case .dropout(let rate, let index):
            guard let key = pass.mode.dropout else { return x }
            trace?.append(.dropout(rate: rate, key: key.lane(index)))
            return x.dropped(rate: rate, key: key.lane(index))
        case .convolution(let layer):
            let y = layer(x, pass)
            trace?.append(.convolution(layer, input: x.shape, output: y.value))
            return y
        case .plainConvolution(let layer): return layer(x, pass)
        case .batchNorm(let layer): return layer(x, pass)
        case .meanOnlyBatchNorm(let layer): return layer(x, pass)
        case .leakyReLU(let slope): return x.leakyRectified(slope: slope, in: pass.backend.real)
        case .maxPool:
            trace?.append(.maxPool(input: x.value))
            return x.maxPooled()
        case .globalPool(.max):
            trace?.append(.globalMaxPool(input: x.value))
            return x.globalMaxPooled()
        case .globalPool(.mean):
            trace?.append(.globalMeanPool(input: x.shape))
            return x.globalMeanPooled()
        case .flatten:
            trace?.append(.flatten(input: x.shape))
            return x.reshaped([x.shape.first, x.shape.rowCount])
        }
    }
}

extension EnergyNetwork {
    /// - Parameter shape: `[H, W, C]` of one datum.
    init(_ configuration: EnergyConfiguration, shape: Shape) {
        var builder = NetworkBuilder(configuration, shape)
        switch configuration.network {
        case .convSmall: builder.table6(64, 128, tail: [128, 128, 128])
        case .convLarge: builder.table6(128, 256, tail: [512, 256, 128])
        case .fourLayer: builder.table5([64, 128, 256])
        case .mlp: builder.dense([128, 128, 128])
        }
        self.init(
            input: InputStages(configuration), stages: builder.stages, featureCount: builder.channels)
    }
}

/// Writes down the paper's tables layer by layer, following extents and channels.
private struct NetworkBuilder {
    private let configuration: EnergyConfiguration
    private var extent: Int
    private var dropouts = 0
    private var convolutions = 0
    private(set) var channels: Int
    private(set) var stages: [EnergyNetwork.Stage] = []

    init(_ configuration: EnergyConfiguration, _ shape: Shape) {
        self.configuration = configuration
        extent = shape[0]
        channels = shape[2]
    }

    /// Gao et al. 2020, table 6: dropout, 3×3 a, 3×3 a, 3×3 a stride 2, dropout, the same with b, dropout,
    /// unpadded 3×3, two 1×1, global pooling.
    mutating func table6(_ a: Int, _ b: Int, tail: [Int]) {
        for width in [a, b] {
            dropout()
            convolution(width, kernel: 3, padding: 1)
            convolution(width, kernel: 3, padding: 1)
            downsample(width)
        }
        dropout()
        convolution(tail[0], kernel: 3)
        for width in tail.dropFirst() { convolution(width, kernel: 1) }
        stages.append(.globalPool(configuration.pooling))
    }

    /// Gao et al. 2020, table 5. On a grid below 8×8, as multigrid sampling has, the layers that find a single pixel left
    /// are dense.
    mutating func table5(_ widths: [Int]) {
        for width in widths {
            if extent > 1 {
                convolution(width, kernel: 4, stride: 2, padding: 1)
            } else {
                convolution(width, kernel: 1)
            }
        }
        flatten()
    }

    mutating func dense(_ widths: [Int]) {
        for width in widths { convolution(width, kernel: 1) }
        flatten()
    }

    private mutating func dropout() {
        let rate = configuration.dropout.indices.contains(dropouts) ? configuration.dropout[dropouts] : 0
        if rate > 0 { stages.append(.dropout(rate: rate, index: dropouts)) }
        dropouts += 1
    }

    private mutating func downsample(_ width: Int) {
        if configuration.downsampling == .stride {
            convolution(width, kernel: 3, stride: 2, padding: 1)
        } else {
            convolution(width, kernel: 3, padding: 1)
            stages.append(.maxPool)
            extent /= 2
        }
    }

    private mutating func convolution(_ width: Int, kernel: Int, stride: Int = 1, padding: Int = 0) {
        let outputs = max(1, Int((Double(width) * configuration.width).rounded()))
        let geometry = ConvolutionGeometry(stride: stride, padding: padding)
        convolutions += 1
        append("conv\(convolutions)", kernel, outputs, geometry)
        channels = outputs
        extent = geometry.outputExtent(extent, kernel: kernel)
    }

    /// The convolution with what normalises and bends its output.
    private mutating func append(
        _ name: String, _ kernel: Int, _ outputs: Int, _ geometry: ConvolutionGeometry
    ) {
        func weightNormalized(slope: Float?, hasBias: Bool) -> EnergyNetwork.Stage {
            .convolution(
                WeightNormConvolution(
                    name, kernel: kernel, inputs: channels, outputs: outputs, geometry: geometry,
                    slope: slope,
                    hasBias: hasBias))
        }
        switch configuration.normalization {
        case .weight:
            stages.append(weightNormalized(slope: Float(configuration.slope), hasBias: true))
        case .batch,
            .batchAfterFirst where convolutions > 1:
            let layer = PlainConvolution(
                name, kernel: kernel, inputs: channels, outputs: outputs, geometry: geometry)
            let norm = BatchNorm("\(name).norm", channels: outputs)
            stages += [.plainConvolution(layer), .batchNorm(norm), .leakyReLU(slope: configuration.slope)]
        case .none, .spectral, .batchAfterFirst:
            let layer = PlainConvolution(
                name, kernel: kernel, inputs: channels, outputs: outputs, geometry: geometry,
                slope: Float(configuration.slope), hasBias: true,
                isSpectral: configuration.normalization == .spectral)
            stages.append(.plainConvolution(layer))
        case .meanOnly:
            let norm = MeanOnlyBatchNorm("\(name).norm", channels: outputs)
            stages += [
                weightNormalized(slope: nil, hasBias: false), .meanOnlyBatchNorm(norm),
                .leakyReLU(slope: configuration.slope),
            ]
        }
    }

    private mutating func flatten() {
        stages.append(.flatten)
        channels *= extent * extent
    }
}
