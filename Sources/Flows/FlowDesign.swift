import Tensors

/// A kind of flow: how one is made of the settings in `[flow]`, and what it costs. A flow that trains in phases is a type that
/// conforms to ``Flow`` and a design that makes it.
public protocol FlowDesign: Sendable {
    /// The word in recipes.
    var name: String { get }

    /// The flow as it starts, drawn from the settings' seed.
    ///
    /// - Parameter extents: height, width and channels of one example; 1, 1 and 2 of points.
    func makeFlow(_ settings: FlowSettings, extents: [Int], backend: any Backend) -> any Flow

    /// Multiplications in the products of one density or sampling pass of one example. A training step's arithmetic is three of
    /// these: forward, input gradient, weight gradient.
    func multiplications(_ settings: FlowSettings, extents: [Int]) -> Int
}

/// ``Glow`` of images; Kingma & Dhariwal 2018.
struct ImageGlow: FlowDesign {
    let name = "glow"

    func makeFlow(_ settings: FlowSettings, extents: [Int], backend: any Backend) -> any Flow {
        Glow(configuration(settings, extents), backend: backend, seed: UInt64(settings.seed))
    }

    func multiplications(_ settings: FlowSettings, extents: [Int]) -> Int {
        configuration(settings, extents).multiplications
    }

    private func configuration(_ settings: FlowSettings, _ extents: [Int]) -> GlowConfiguration {
        GlowConfiguration(
            height: extents[0], width: extents[1], channels: extents[2], levels: settings.levels,
            blocks: settings.blocks, hidden: settings.width, coupling: settings.coupling)
    }
}

/// ``Glow`` of points in the plane: affine couplings; a Gaussian without any.
struct PlaneGlow: FlowDesign {
    let name = "plane"

    func makeFlow(_ settings: FlowSettings, extents: [Int], backend: any Backend) -> any Flow {
        Glow(configuration(settings), backend: backend, seed: UInt64(settings.seed))
    }

    func multiplications(_ settings: FlowSettings, extents: [Int]) -> Int {
        configuration(settings).multiplications
    }

    private func configuration(_ settings: FlowSettings) -> GlowConfiguration {
        .plane(couplings: settings.couplings, hidden: settings.width)
    }
}
