import Gradients
import Networks
import Tensors

extension EnergyConfiguration.Network {
    /// Means and mean squares of feature maps at four scales.
    public static let moments = Self(MomentsNetwork())
}

/// Convolutions at four scales, of whose maps the means over positions and the mean squares are read: a sum of local
/// potentials, like log q of a flow, whose latents enter by their squares.
struct MomentsNetwork: NetworkDesign {
    let name = "moments"

    func build(_ network: inout NetworkBuilder) {
        var levels: [Sequential] = []
        var inputs = network.shape.last
        for (level, width) in [32, 64, 96, 128].enumerated() {
            let channels = network.channels(width)
            func convolution(_ index: Int, _ inputs: Int, _ stride: Int) -> any Layer {
                network.layer(
                    .init(
                        "conv\(2 * level + index)", kernel: 3, inputs: inputs, outputs: channels,
                        stride: stride, padding: 1),
                    slope: network.configuration.slope)
            }
            levels.append(
                Sequential([convolution(1, inputs, level == 0 ? 1 : 2), convolution(2, channels, 1)]))
            inputs = channels
        }
        network.append(Moments(levels: levels))
    }
}

/// Means and mean squares over positions of what each level leaves, `[N, H, W, C]` → `[N, 2ΣC]` in the real type.
struct Moments: Layer {
    let levels: [Sequential]

    func declare(in layout: inout ParameterLayout) { for level in levels { level.declare(in: &layout) } }

    func callAsFunction(_ x: Variable, _ pass: Pass) -> Variable {
        var maps = x
        var moments: [Variable] = []
        for level in levels {
            maps = level(maps, pass)
            moments += both(maps.cast(to: pass.backend.real))
        }
        return joined(moments)
    }

    var hasTangent: Bool { levels.allSatisfy(\.hasTangent) }

    /// The derivative of a mean is the mean of the maps' tangents t, that of a mean square the mean of 2·maps·t.
    func linearized(_ x: Variable, _ pass: Pass) -> (y: Variable, tangent: Tangent) {
        let real = pass.backend.real
        var maps = x
        var moments: [Variable] = []
        var parts: [(tangent: Tangent, maps: Tensor)] = []
        for level in levels {
            let (output, tangent) = level.linearized(maps, pass)
            maps = output
            let exact = maps.cast(to: real)
            moments += both(exact)
            parts.append((tangent, exact.value))
        }
        return (
            joined(moments),
            { [parts] d, pass in
                var t = d
                var derivatives: [Variable] = []
                for (tangent, maps) in parts {
                    t = tangent(t, pass)
                    let exact = t.cast(to: real)
                    let product = exact * pass.constant(maps.rows(0..<d.shape.first))
                    derivatives += [exact.globalMeanPooled(), product.globalMeanPooled().affine(scale: 2)]
                }
                return joined(derivatives)
            }
        )
    }

    private func both(_ maps: Variable) -> [Variable] {
        [maps.globalMeanPooled(), maps.mapped(.square).globalMeanPooled()]
    }

    private func joined(_ parts: [Variable]) -> Variable {
        parts.dropFirst().reduce(parts[0]) { $0.joined(with: $1) }
    }

    func outputShape(_ input: Shape) -> Shape {
        var (shape, count) = (input, 0)
        for level in levels {
            shape = level.outputShape(shape)
            count += 2 * shape.last
        }
        return [count]
    }

    func multiplications(_ input: Shape) -> Int {
        var (shape, count) = (input, 0)
        for level in levels {
            count += level.multiplications(shape)
            shape = level.outputShape(shape)
        }
        return count
    }
}
