import Schemas

/// `phase.chains`: the Langevin chains that sample the energy while it is trained.
public struct ChainsSettings: Sendable, Equatable {
    public enum Start: String, CaseIterable, Sendable {
        /// Chains start where they ended in an earlier update, or at uniform noise: persistent CD.
        case persistent
        /// Chains start at the images of the update: contrastive divergence.
        case data
        /// Chains start where those of the next coarser grid ended, the first at images of one pixel: multigrid sampling.
        case coarserGrid = "coarser-grid"
    }

    public var start: Start
    /// Langevin steps an update.
    public var steps = 20
    /// δ, in the units of x/256 − 0.5.
    public var stepSize = 0.5.squareRoot()
    /// τ, the factor on the noise δε.
    public var noise = 0.005 / 0.5.squareRoot()
    /// Largest element of ∇f; 0: any.
    public var gradientLimit = 0.0
    /// Whether pixels stay in [−½, ½].
    public var staysInRange = false
    /// Persistent chains in all.
    public var buffer = 10_000
    /// Probability that a persistent chain starts again from noise when it is used.
    public var restart = 0.05
    /// Sides of the coarser grids, the coarsest first.
    public var grids = [4, 8]
    /// α of α·(E f² + E f²).
    public var penalty = 0.0
    /// Largest |E_data f − E_chains f| before the run stops.
    public var divergenceGuard = 10_000.0

    /// The defaults of a start. Persistent chains have JEM's (Grathwohl et al. 2020), whose images are in [−1, 1]: a
    /// gradient step of 1 and noise of 0.01 there are δ²/2 = ¼ and τδ = 0.005 here. One-step CD is Langevin's equation
    /// itself. Multigrid sampling has no noise, as its authors' code.
    public init(start: Start) {
        self.start = start
        switch start {
        case .persistent: break
        case .data: (steps, stepSize, noise) = (1, 0.03, 1)
        case .coarserGrid: (steps, noise, staysInRange) = (30, 0, true)
        }
    }

    /// The sampler that the settings describe.
    public var langevin: Langevin {
        Langevin(
            steps: steps, stepSize: stepSize, noise: noise, gradientLimit: gradientLimit,
            staysInRange: staysInRange)
    }

    /// Cuts the chains down for a smoke run of batches of `batch`.
    public mutating func shrink(batch: Int) {
        steps = min(steps, 3)
        if start == .persistent { buffer = min(buffer, 4 * batch) }
        divergenceGuard = max(divergenceGuard, 1e6)
    }

    /// The keys of the table, with their types and meanings.
    public static let schema = Schema<ChainsSettings>([
        .variant("start", \.start, "where chains begin", defaults: ChainsSettings.init),
        .integer("steps", \.steps, .between(1, 10_000), "Langevin steps in each update"),
        .number("step-size", \.stepSize, .above(0), "δ of the step x + ½δ²∇f + τδε, in units of x/256 - 0.5"),
        .number(
            "noise", \.noise, .atLeast(0),
            "τ of that step; 1 is Langevin dynamics on exp(f), 0 is gradient ascent"),
        .number("clip-gradient", \.gradientLimit, .atLeast(0), "largest element of ∇f; 0 means no limit"),
        .flag("clip-pixels", \.staysInRange, "pixels stay in [-0.5, 0.5]"),
        .integer("buffer", \.buffer, .between(1, 1_000_000), "number of chains").when(
            \.start, "start", .persistent),
        .number("restart", \.restart, .between(0, 1), "probability that a chain starts again from noise")
            .when(\.start, "start", .persistent),
        .list(
            "grids", \.grids, "an array of integers", "sides of the coarser grids in pixels, coarsest first",
            read: { node in
                guard case .integer(let side) = node else { return nil }
                return side
            }, write: { .integer($0) }
        )
        .when(\.start, "start", .coarserGrid),
        .number("penalty", \.penalty, .atLeast(0), "weight of the mean squares of f in the loss"),
        .number(
            "guard", \.divergenceGuard, .above(0),
            "largest gap between the means of f on data and chains before the run stops"),
    ])
}
