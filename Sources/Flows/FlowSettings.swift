import Schemas
import Tensors

/// `[flow]`: the tractable density q.
public struct FlowSettings: Sendable, Equatable {
    /// What makes the flow. A new kind is added to `allCases` and known to recipes by its design's name.
    public struct Kind: RawRepresentable, Sendable, Hashable, CaseIterable {
        public static let glow = Kind(ImageGlow())
        public static let plane = Kind(PlaneGlow())
        public static let allCases: [Kind] = [.glow, .plane]

        let design: any FlowDesign

        /// A flow of one's own, beside those that recipes know by name.
        public init(_ design: any FlowDesign) { self.design = design }

        public init?(rawValue: String) {
            guard let known = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
            self = known
        }

        /// The name.
        public var rawValue: String { design.name }
    }

    public typealias Coupling = Flows.Coupling.Kind

    public var kind: Kind
    public var levels = 3
    /// Steps of flow per level.
    public var blocks = 8
    /// Hidden channels of the coupling networks.
    public var width = 512
    public var coupling = Coupling.additive
    /// Affine couplings of the flow in the plane; 0: a Gaussian.
    public var couplings = 10
    /// Shared by the seeds of a row, so that they share one trained flow.
    public var seed = 1

    /// What a seed may be: room above for what is drawn from the seeds that follow.
    public static let largestSeed = 1 << 32

    /// The paper's Table 7 for images, ten affine couplings of width 128 in the plane.
    public init(kind: Kind) {
        self.kind = kind
        if kind == .plane { width = 128 }
    }

    /// Whether the flow is a Gaussian, which is fitted to the data in closed form.
    package var isGaussian: Bool { kind == .plane && couplings == 0 }

    /// The flow as it starts.
    ///
    /// - Parameters:
    ///   - extents: height, width and channels of one example.
    ///   - backend: where the flow computes.
    public func makeFlow(extents: [Int], backend: any Backend) -> any Flow {
        kind.design.makeFlow(self, extents: extents, backend: backend)
    }

    /// Multiplications in the products of one density or sampling pass of one example.
    public func multiplications(extents: [Int]) -> Int {
        kind.design.multiplications(self, extents: extents)
    }
}

extension FlowSettings {
    /// The keys of the table, with their types and meanings.
    public static let schema = Schema<FlowSettings>([
        .variant("kind", \.kind, "Glow for images, couplings in the plane", defaults: FlowSettings.init),
        .integer("levels", \.levels, .between(1, 6), "number of scales").when(\.kind, "kind", .glow),
        .integer("blocks", \.blocks, .between(1, 64), "flow steps in each level").when(\.kind, "kind", .glow),
        .integer("width", \.width, .between(1, 4096), "hidden units of a coupling network"),
        .choice("coupling", \.coupling, "kind of coupling").when(\.kind, "kind", .glow),
        .integer(
            "couplings", \.couplings, .between(0, 100),
            "number of affine couplings; 0 makes the flow a Gaussian"
        )
        .when(\.kind, "kind", .plane),
        .integer(
            "seed", \.seed, .between(0, FlowSettings.largestSeed),
            "seed of the flow; runs of one recipe with other seeds share it"),
    ])
}
