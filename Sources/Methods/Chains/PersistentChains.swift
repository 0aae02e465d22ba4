import Tensors

/// Chains that go on from update to update, in a buffer from which every update takes some. Tieleman, *Training
/// Restricted Boltzmann Machines using Approximations to the Likelihood Gradient*, ICML 2008; the buffer and the restarts
/// from uniform noise are Du & Mordatch's, 2019, and JEM's (Grathwohl et al., ICLR 2020).
public final class PersistentChains {
    /// All chains, `[count, H, W, C]`, changed in place by ``put(_:at:)``.
    public let images: Tensor
    private let backend: any Backend

    /// Chains that start at uniform noise on [−½, ½).
    ///
    /// - Parameters:
    ///   - shape: `[count, H, W, C]`.
    ///   - backend: where the chains lie.
    ///   - key: draws the starting images, uniform in [−½, ½).
    public init(_ shape: Shape, backend: any Backend, key: RandomKey) {
        self.backend = backend
        images = backend.uniform(shape, from: -0.5, to: 0.5, key: key)
    }

    /// Chains as they were saved.
    public init(restoring images: Tensor, backend: any Backend) {
        self.backend = backend
        self.images = images
    }

    public var count: Int { images.shape.first }

    /// Some of the chains, each at most once.
    ///
    /// - Parameters:
    ///   - count: how many chains to draw.
    ///   - restart: the probability that a chain starts again from noise.
    ///   - choice: the key that selects the chains, and those of them that start again.
    ///   - noise: the key of the images at which those start.
    /// - Returns: `indices`, to give back to ``put(_:at:)``, and where the chains are, `[count, H, W, C]`.
    public func draw(_ count: Int, restart: Double, choice: RandomKey, noise: RandomKey) -> (
        indices: [Int], images: Tensor
    ) {
        precondition(count <= self.count, "\(count) of \(self.count) chains")
        var stream = RandomStream(choice)
        let indices = Array(stream.permutation(self.count).prefix(count))
        let kept = backend.gatherRows(images, indices)
        let fresh = backend.uniform(kept.shape, from: -0.5, to: 0.5, key: noise)
        let rows = (0..<count).map { stream.uniform() < restart ? count + $0 : $0 }
        return (indices, backend.gatherRows(backend.stacked([kept, fresh]), rows))
    }

    /// Stores the images at which the chains `indices` have arrived.
    public func put(_ ends: Tensor, at indices: [Int]) {
        backend.scatterRows(backend.cast(ends, to: images.type), indices, into: images)
    }
}
