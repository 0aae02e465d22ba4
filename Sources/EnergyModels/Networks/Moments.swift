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
    static let smallest = 0.01
    let levels: [Sequential]

    func declare(in layout: inout ParameterLayout) { for level in levels { level.declare(in: &layout) } }

    func callAsFunction(_ x: Variable, _ pass: Pass) -> Variable {
        var maps = x
        var moments: [Variable] = []
        for level in levels {
            maps = level(maps, pass)
            let exact = maps.cast(to: pass.backend.real)
            let square = exact.mapped(.square)
            moments += [
                exact.globalMeanPooled(), square.globalMeanPooled(),
                log(square.affine(shift: Self.smallest)).globalMeanPooled(),
            ]
        }
        return moments.dropFirst().reduce(moments[0]) { $0.joined(with: $1) }
    }

    func outputShape(_ input: Shape) -> Shape {
        var (shape, count) = (input, 0)
        for level in levels {
            shape = level.outputShape(shape)
            count += 3 * shape.last
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
