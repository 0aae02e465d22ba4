import Gradients
import Networks
import Scores
import Tensors

/// The Wasserstein distance by a critic of bounded weights: the critic minimises E_z[f(g(z))] − E_data[f(x)], the
/// generator −E_z[f(g(z))]; after each of its updates all of the critic's weights are clipped to [−c, c].
/// Arjovsky et al., *Wasserstein GAN*, 2017, eq. 2 and algorithm 1.
public struct Wasserstein: AdversarialObjective {
    /// c.
    public let bound: Double

    public init(bound: Double = 0.01) { self.bound = bound }

    public func criticLoss(data: Variable, samples: Variable) -> Variable { samples.mean() - data.mean() }

    public func generatorLoss(data: Variable?, samples: Variable) -> Variable { -samples.mean() }

    /// Clips what gradients reach, and tells the share of it that was clipped as `clipped`.
    public func constrain(_ critic: ParameterStore) -> Measures {
        let moved = critic.backend.zeros([1], .float64)
        var total = 0
        for name in critic.trainedNames {
            critic.backend.clip(critic[name], to: bound, count: moved)
            total += critic[name].count
        }
        return [.clipped: critic.backend.scalar(moved) / Double(max(total, 1))]
    }
}

extension Backend {
    /// Moves the elements of `x` to the nearest within [−bound, bound], in place, and adds to `count`, float64 `[1]`, how many
    /// moved. Those within keep their bits.
    fileprivate func clip(_ x: Tensor, to bound: Double, count: Tensor) {
        let above = map(.relu, affine(x, scale: 1, shift: -bound))
        let below = map(.relu, affine(x, scale: -1, shift: -bound))
        accumulate(above, into: x, scale: -1)
        accumulate(below, into: x, scale: 1)
        for beyond in [above, below] { accumulate(sum(heaviside(beyond), .all), into: count, scale: 1) }
    }
}
