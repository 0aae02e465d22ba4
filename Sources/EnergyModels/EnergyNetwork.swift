import Gradients
import Networks
import Tensors

/// The layers that all classes share: images `[N, H, W, C]` → features `[N, F]`.
struct EnergyNetwork: Sendable {
    /// Standardisation and what training does to images, in the real type.
    let input: Sequential
    let layers: Sequential
    /// `[H, W, C]` of one datum.
    let shape: Shape
    /// F.
    let featureCount: Int

    /// - Parameters:
    ///   - configuration: layers and what images go through before them.
    ///   - shape: `[H, W, C]` of one datum.
    ///   - prefix: of the parameters' names.
    init(_ configuration: EnergyConfiguration, shape: Shape, prefix: String = "") {
        var builder = NetworkBuilder(configuration, shape: shape, prefix: prefix)
        configuration.network.design.build(&builder)
        precondition(builder.shape.rank == 1, "a network ends with a global pool or with one axis")
        input = configuration.inputLayers
        layers = Sequential(builder.layers)
        self.shape = shape
        featureCount = builder.shape.count
    }

    func declare(in layout: inout ParameterLayout) { layers.declare(in: &layout) }

    /// Features in the real type. `activations` is the type in between: reduced precision unless a pass
    /// needs small differences (VAT's finite-difference direction).
    func callAsFunction(
        _ x: Variable, _ pass: Pass, activations: ScalarType, trace: Linearization? = nil
    ) -> Variable {
        guard let trace else {
            return layers(input(x, pass).cast(to: activations), pass).cast(to: pass.backend.real)
        }
        trace.begin(x.shape)
        let (first, inputTangent) = input.linearized(x, pass)
        let (features, tangent) = layers.linearized(first.cast(to: activations), pass)
        trace.append(inputTangent)
        trace.append { d, pass in tangent(d.cast(to: activations), pass) }
        return features.cast(to: pass.backend.real)
    }

    /// Multiplications in the products of one datum, and the share of the first layer that has any.
    var multiplications: (total: Int, first: Int) {
        let counts = layers.multiplicationsByLayer(shape)
        return (counts.reduce(0, +), counts.first { $0 > 0 } ?? 0)
    }
}
