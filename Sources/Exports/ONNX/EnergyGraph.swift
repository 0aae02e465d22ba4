import EnergyModels
import Networks
import Tensors

/// What a graph computes and how its values are explained.
struct EnergyGraphSettings {
    /// Height, width and channels of an image; `[1, 1, 2]` for points.
    var extents: [Int]
    /// Whether the data are points of the plane rather than images.
    var isPlane: Bool
    /// What `energy` is, in words; nil where f is no density and the output is left out.
    var energyMeaning: String?

    /// The input in words.
    var inputTitle: String {
        isPlane
            ? "points, float32 [N, 2]"
            : "images, uint8 [N, \(extents.map(String.init).joined(separator: ", "))]"
    }
}

/// Writes a trained energy as ONNX operators. Inside, images are `[N, C, H, W]`, as the operators want them.
struct EnergyGraph {
    private(set) var graph = ONNXGraph()
    private let energy: FoldedEnergy
    private let settings: EnergyGraphSettings
    private var sums = 0
    private var convolutions = 0
    private var affineMaps = 0
    private var classes: Int { energy.logPriors.count }

    init(_ energy: FoldedEnergy, _ settings: EnergyGraphSettings) {
        self.energy = energy
        self.settings = settings
        let images = addInput()
        let features = addLayers(to: images)
        addOutputs(activations: addHead(to: features, images: images), features: features)
    }

    /// The images as the models see them, `[N, H, W, C]`.
    private mutating func addInput() -> String {
        let extents = settings.extents.map(ONNXGraph.Extent.fixed)
        if settings.isPlane {
            graph.addInput("points", .float32, [.named("N"), .fixed(2)], "points of the plane")
            let shape = graph.constant("point_shape", integers: [-1] + settings.extents)
            return graph.apply("Reshape", "points", shape)
        }
        graph.addInput(
            "images", .uint8, [.named("N")] + extents,
            "bytes 0...255, height × width × channels; the graph brings them to the models' scale")
        let bytes = graph.apply(
            "Cast", "images", attributes: [.init("to", ONNXGraph.ElementType.float32.rawValue)])
        // The centres of the bytes' bins on [−½, ½), as `fce predict` takes them.
        let scaled = graph.apply("Mul", bytes, scalar("bin", 1 / 256))
        return graph.apply("Add", scaled, scalar("centre", 1 / 512 - 0.5))
    }

    private mutating func scalar(_ name: String, _ value: Float) -> String {
        graph.constant(name, [value], [])
    }

    /// The features `[N, F]` of `[N, H, W, C]`.
    private mutating func addLayers(to images: String) -> String {
        var x = energy.standardizesInput ? standardized(images) : images
        x = graph.apply("Transpose", x, attributes: [.init("perm", [0, 3, 1, 2])])
        return apply(energy.layers, to: x)
    }

    private mutating func apply(_ layers: [FoldedLayer], to x: String) -> String {
        var x = x
        for layer in layers { x = apply(layer, to: x) }
        return x
    }

    private mutating func apply(_ layer: FoldedLayer, to x: String) -> String {
        switch layer {
        case .convolution(let convolution):
            convolutions += 1
            return apply(convolution, "conv\(convolutions)", to: x)
        case .affine(let scale, let shift):
            affineMaps += 1
            let name = "affine\(affineMaps)"
            let scaled = graph.apply(
                "Mul", x, graph.constant("\(name).scale", scale, [1, scale.count, 1, 1]))
            return graph.apply("Add", scaled, graph.constant("\(name).shift", shift, [1, shift.count, 1, 1]))
        case .leakyReLU(let slope):
            return graph.apply("LeakyRelu", x, attributes: [.init("alpha", slope)])
        case .maxPool:
            return graph.apply(
                "MaxPool", x, attributes: [.init("kernel_shape", [2, 2]), .init("strides", [2, 2])])
        case .globalPool(let pooling):
            return flattened(graph.apply(pooling == .max ? "GlobalMaxPool" : "GlobalAveragePool", x))
        case .flatten:
            return flattened(graph.apply("Transpose", x, attributes: [.init("perm", [0, 2, 3, 1])]))
        case .residual(let branch, let shortcut):
            return graph.apply("Add", apply(branch, to: x), apply(shortcut, to: x))
        }
    }

    private mutating func standardized(_ x: String) -> String {
        let overImage = [ONNXAttribute("axes", [1, 2, 3])]
        let centred = graph.apply("Sub", x, graph.apply("ReduceMean", x, attributes: overImage))
        let square = graph.apply("Mul", centred, centred)
        let variance = graph.apply("ReduceMean", square, attributes: overImage)
        let deviation = graph.apply("Sqrt", graph.apply("Add", variance, scalar("smallest_variance", 1e-8)))
        return graph.apply("Div", centred, deviation)
    }

    private mutating func apply(_ layer: FoldedConvolution, _ name: String, to x: String) -> String {
        let (kernel, padding) = ([layer.shape[0], layer.shape[1]], layer.geometry.padding)
        let y = graph.apply(
            "Conv", x,
            graph.constant(
                "\(name).weights", layer.weightsByOutput, [layer.shape[3], layer.shape[2]] + kernel),
            graph.constant("\(name).bias", layer.bias, [layer.bias.count]),
            attributes: [
                .init("kernel_shape", kernel),
                .init("strides", [layer.geometry.stride, layer.geometry.stride]),
                .init("pads", [padding, padding, padding, padding]),
            ])
        return layer.slope.map { apply(.leakyReLU(slope: $0), to: y) } ?? y
    }

    /// One axis for each datum.
    private mutating func flattened(_ x: String) -> String {
        graph.apply("Flatten", x, attributes: [.init("axis", 1)])
    }

    /// f_k − δ_k without what classes share, `[N, K]`.
    private mutating func addHead(to features: String, images: String) -> String {
        let outputs = energy.bias.count
        let activations = graph.apply(
            "Gemm", features, graph.constant("head.weights", energy.head, [energy.featureCount, outputs]),
            graph.constant("head.bias", energy.bias, [outputs]))
        return energy.experts.map { product(of: $0, activations, images: images) } ?? activations
    }

    /// f `[N, 1]` of a product of experts.
    private mutating func product(
        of experts: FoldedEnergy.Experts, _ activations: String, images: String
    ) -> String {
        let x = flattened(images)
        let visible = graph.constant("experts.visible", experts.visible, [experts.visible.count, 1])
        let precision = scalar("experts.precision", Float(1 / (experts.deviation * experts.deviation)))
        let quadratic = graph.apply("Mul", sumOfRows(graph.apply("Mul", x, x)), precision)
        let hidden = sumOfRows(graph.apply("Softplus", activations))
        return graph.apply("Sub", graph.apply("Add", hidden, graph.apply("MatMul", x, visible)), quadratic)
    }

    /// `[N, D]` → `[N, 1]`.
    private mutating func sumOfRows(_ x: String) -> String {
        sums += 1
        return graph.apply("ReduceSum", x, graph.constant("columns_\(sums)", integers: [1]))
    }
}

extension EnergyGraph {
    /// p(y|x), f_k − c_k and log Σ_k ρ_k exp(f_k − c_k).
    private mutating func addOutputs(activations: String, features: String) {
        let weighted = graph.apply(
            "Add", activations, graph.constant("log_priors", energy.logPriors.map(Float.init), [classes]))
        let offset = commonPart(of: features)
        if classes > 1 {
            let extents = [ONNXGraph.Extent.named("N"), .fixed(classes)]
            _ = graph.apply("Softmax", weighted, attributes: [.init("axis", 1)], as: "probabilities")
            graph.addOutput("probabilities", extents, "p(y|x) of each class")
            _ = graph.apply("Add", activations, offset, as: "logits")
            graph.addOutput(
                "logits", extents,
                energy.lacksSharedEnergy
                    ? "f_k(x) - c_k of each class less the energy that they share, nats"
                    : "f_k(x) - c_k of each class, nats")
        }
        guard let meaning = settings.energyMeaning else { return }
        let total = graph.apply("Add", logSumExp(weighted), offset)
        _ = graph.apply("Reshape", total, graph.constant("energy_shape", integers: [-1]), as: "energy")
        graph.addOutput("energy", [.named("N")], meaning)
    }

    /// What all classes carry: the shared energy less c̄, `[N, 1]` or one number. Added last, so that the small differences
    /// between classes are not rounded away beside it.
    private mutating func commonPart(of features: String) -> String {
        let constant = scalar("minus_c", Float(-energy.normalizer))
        guard let shared = energy.shared else { return constant }
        let weights = graph.constant("head.shared", shared, [shared.count, 1])
        return graph.apply("Add", graph.apply("MatMul", features, weights), constant)
    }

    /// log Σ exp of `[N, K]` as `[N, 1]`, without overflow.
    private mutating func logSumExp(_ x: String) -> String {
        let largest = graph.apply("ReduceMax", x, attributes: [.init("axes", [1])])
        let sum = sumOfRows(graph.apply("Exp", graph.apply("Sub", x, largest)))
        return graph.apply("Add", graph.apply("Log", sum), largest)
    }
}

extension FoldedConvolution {
    /// The weights as `[O, C, kh, kw]`.
    fileprivate var weightsByOutput: [Float] {
        let (pixels, inputs, outputs) = (shape[0] * shape[1], shape[2], shape[3])
        return (0..<outputs).flatMap { o in
            (0..<inputs).flatMap { c in
                (0..<pixels).map { weights[($0 * inputs + c) * outputs + o] }
            }
        }
    }
}
