import Gradients
import Tensors

/// Langevin dynamics on p(x) ∝ exp(f(x)/τ²), in discrete time without a Metropolis test:
///
///     x ← x + ½δ²∇f(x) + τδε,    ε ~ N(0, I).
///
/// With τ = 1 the chains draw from p as δ → 0 (Neal, *MCMC using Hamiltonian dynamics*, 2011, section 5.2); with τ < 1
/// from a colder density; with τ = 0 they climb f. Images are in the units x/256 − ½.
public struct Langevin: Sendable, Hashable {
    /// Steps of a walk.
    public var steps: Int
    /// δ.
    public var stepSize: Double
    /// τ.
    public var noise: Double
    /// Elements of ∇f are clipped to ± this; 0 means no clipping. Du & Mordatch 2019, appendix.
    public var gradientLimit: Double
    /// Whether pixels stay in [−½, ½].
    public var staysInRange: Bool

    public init(
        steps: Int, stepSize: Double, noise: Double = 1, gradientLimit: Double = 0, staysInRange: Bool = false
    ) {
        precondition(steps > 0, "a walk of \(steps) steps")
        self.steps = steps
        self.stepSize = stepSize
        self.noise = noise
        self.gradientLimit = gradientLimit
        self.staysInRange = staysInRange
    }

    /// f of a batch `[N, …]` on a tape: `[N]`, or anything whose sum is Σ f.
    public typealias Function = (Variable, Tape) -> Variable

    /// Where chains ended, and how they came there.
    public struct Walk {
        /// `[N, …]`.
        public let end: Tensor
        /// Mean f over the chains at the start.
        public let startValue: Double
        /// Mean ‖∇f‖ over the chains, before clipping, at the first and at the last step.
        public let gradientNorm: (first: Double, last: Double)
        /// Mean ‖end − start‖ over the chains.
        public let displacement: Double
    }

    /// Moves all chains from `start` `[N, …]`, real.
    ///
    /// - Parameters:
    ///   - start: where the chains are, real `[N, …]`.
    ///   - backend: where the chains lie.
    ///   - key: gives the key of the noise of a step, counted from 0.
    ///   - f: the log density of images, up to a constant.
    public func callAsFunction(
        from start: Tensor, on backend: any Backend, key: (Int) -> RandomKey, _ f: Function
    ) -> Walk {
        var (x, first, last, startValue) = (start, 0.0, 0.0, 0.0)
        for step in 0..<steps {
            let (total, gradient) = Self.slope(of: f, at: x, backend)
            if step == 0 {
                first = backend.meanNorm(gradient)
                startValue = backend.scalar(total) / Double(start.shape.first)
            }
            if step == steps - 1 { last = backend.meanNorm(gradient) }
            x = moved(x, along: gradient, backend, key(step))
        }
        let change = backend.combine(.subtract, x, start, .elementwise)
        return Walk(
            end: x, startValue: startValue, gradientNorm: (first, last),
            displacement: backend.meanNorm(change))
    }

    /// Σ f over the batch, and ∇f at every image of it.
    private static func slope(of f: Function, at x: Tensor, _ backend: any Backend) -> (Tensor, Tensor) {
        let tape = Tape(backend)
        let leaf = tape.variable(x)
        let total = f(leaf, tape).sum(.all)
        tape.backward(from: total)
        return (total.value, leaf.gradient ?? backend.zerosLike(x))
    }

    private func moved(_ x: Tensor, along gradient: Tensor, _ backend: any Backend, _ key: RandomKey)
        -> Tensor
    {
        let slope =
            gradientLimit > 0 ? backend.clamped(gradient, -gradientLimit, gradientLimit) : gradient
        let drift = backend.affine(slope, scale: stepSize * stepSize / 2, shift: 0)
        var y = backend.combine(.add, x, drift, .elementwise)
        if noise > 0 {
            let kick = backend.affine(
                backend.normal(x.shape, key: key), scale: noise * stepSize, shift: 0)
            y = backend.combine(.add, y, kick, .elementwise)
        }
        return staysInRange ? backend.clamped(y, -0.5, 0.5) : y
    }
}

extension Backend {
    /// min(max(x, low), high), element by element.
    fileprivate func clamped(_ x: Tensor, _ low: Double, _ high: Double) -> Tensor {
        let above = affine(map(.relu, affine(x, scale: 1, shift: -low)), scale: 1, shift: low)
        return affine(map(.relu, affine(above, scale: -1, shift: high)), scale: -1, shift: high)
    }

    /// The mean Euclidean norm over the first axis.
    fileprivate func meanNorm(_ x: Tensor) -> Double {
        let squares = doubles(sum(map(.square, x), .rows))
        return squares.reduce(0) { $0 + $1.squareRoot() } / Double(max(squares.count, 1))
    }
}
