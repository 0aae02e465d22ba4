import Flows
import Gradients
import Networks
import Tensors
import Training

/// Samples of a fixed flow, drawn once and used several times.
///
/// Entry i of generation g is a pure function of (flow, seed, g, i). What is drawn is kept on disk until the phase ends, so
/// that a resumed run does not draw it again; see ``KeptDraws``.
package final class SamplePool {
    private let flow: any Flow
    private let context: TrainingContext
    private let size: Int
    private let uses: Int
    private var generation: Int?
    private var images: Tensor?
    private var logDensity: Tensor?
    private var order: (epoch: Int, indices: [Int])?

    /// - Parameters:
    ///   - size: samples in memory at once.
    ///   - uses: how often each is shown before the pool is drawn anew.
    package init(_ flow: any Flow, _ context: TrainingContext, size: Int, uses: Int) {
        self.flow = flow
        self.context = context
        self.size = size
        self.uses = uses
    }

    /// Samples `[count, H, W, C]` of update `step`, with their log q in nats.
    /// - Throws: `Interrupted` while the pool is drawn; `UserError(.output)` when it cannot be kept.
    package func batch(_ count: Int, step: Int) throws -> EnergyUpdate.Samples {
        let elements = step * count..<(step + 1) * count
        // A batch never straddles generations: its first element decides.
        let pool = try filled(generation: elements.lowerBound / size / uses)
        let indices = elements.map { index(of: $0) }
        return (
            context.backend.gatherRows(pool.images, indices),
            context.backend.gatherRows(pool.logDensity, indices)
        )
    }

    private func index(of element: Int) -> Int {
        let epoch = element / size
        if order?.epoch != epoch {
            let key = context.key(.batchOrder, .samples, step: epoch)
            var stream = RandomStream(key)
            order = (epoch, stream.permutation(size))
        }
        return order?.indices[element % size] ?? 0
    }

    private func filled(generation: Int) throws -> EnergyUpdate.Samples {
        if let images, let logDensity, self.generation == generation { return (images, logDensity) }
        let backend = context.backend
        let kept = try KeptDraws("samples", "generation \(generation) of \(size)", of: flow, context)
        let pool = images ?? backend.allocate(Shape([size] + context.data.extents), backend.real)
        let densities = logDensity ?? backend.allocate([size], .float64)
        self.generation = nil
        let chunk = 128
        for (number, start) in stride(from: 0, to: size, by: chunk).enumerated() {
            let rows = start..<min(start + chunk, size)
            let step = generation * ((size + chunk - 1) / chunk) + number
            let shape = Shape([rows.count] + context.data.extents)
            let drawn = try kept.next([(shape, backend.real), ([rows.count], .float64)]) {
                let pass = Pass.inference(flow.store)
                let sample = flow.sample(rows.count, key: context.key(.sample, .samples, step: step), pass)
                return [sample.x.value, sample.logDensity.value]
            }
            backend.copy(drawn[0], into: pool.rows(rows))
            backend.copy(drawn[1], into: densities.rows(rows))
        }
        (images, logDensity, self.generation) = (pool, densities, generation)
        return (pool, densities)
    }
}
