import Datasets
import Flows
import Tensors
import Training

/// Training images under a few fixed dequantisation draws, with log q of a fixed flow stored for each: the density
/// pass of base `none` is paid once instead of at every update, and not again after a resume; see ``KeptDraws``.
package final class CachedDraws {
    private let context: TrainingContext
    private let flow: any Flow
    private let indices: [Int]
    private let draws: Int
    /// log q in nats of draw j of `indices[i]`, at j·count + i; nil until ``fill()``.
    private var logDensity: Tensor?
    private var order: (epoch: Int, permutation: [Int])?

    package init(_ context: TrainingContext, flow: any Flow, draws: Int) {
        (self.context, self.flow, self.draws) = (context, flow, draws)
        indices = context.data.split.unlabelled
    }

    /// Computes log q of all draws, before the first batch.
    /// - Throws: `Interrupted` on the way; `UserError(.output)` when it cannot be kept.
    package func fill() throws {
        guard logDensity == nil else { return }
        let kept = try KeptDraws(
            "densities", "\(draws) draws of \(context.data.train.sha256)", of: flow, context)
        let chunks = try (0..<draws).flatMap { draw in
            try stride(from: 0, to: indices.count, by: 256).map { start in
                let chunk = start..<min(start + 256, indices.count)
                return try kept.next([([chunk.count], .float64)]) {
                    [flow.logDensities(Self.images(chunk.map { ($0, draw) }, indices, context))]
                }[0]
            }
        }
        logDensity = context.backend.stacked(chunks)
    }

    /// The batch of update `step`: a permutation an epoch, draws taken in turn.
    package func batch(_ count: Int, step: Int) -> (images: Tensor, indices: [Int], logDensity: Tensor) {
        guard let logDensity else { preconditionFailure("a batch of draws before they are computed") }
        let entries = (step * count..<(step + 1) * count).map { element in
            (position: position(of: element), draw: element / indices.count % draws)
        }
        return (
            Self.images(entries, indices, context), entries.map { indices[$0.position] },
            context.backend.gatherRows(
                logDensity, entries.map { $0.draw * indices.count + $0.position })
        )
    }

    private func position(of element: Int) -> Int {
        let epoch = element / indices.count
        if order?.epoch != epoch {
            var stream = RandomStream(context.key(.batchOrder, .unlabelled, step: epoch))
            order = (epoch, stream.permutation(indices.count))
        }
        return order?.permutation[element % indices.count] ?? 0
    }

    /// The noise of an image's draw is a function of both, so that it is the same whenever they meet.
    private static func images(
        _ entries: [(position: Int, draw: Int)], _ indices: [Int], _ context: TrainingContext
    ) -> Tensor {
        let images = context.trainingImages
        return context.images(
            entries.flatMap { entry -> [Float] in
                let index = indices[entry.position]
                let key = RandomKey(
                    seed: context.seed, purpose: .dequantization, step: index, lane: 1 << 24 + entry.draw)
                return images.values(at: [index], dequantize: .uniform, key: key)
            })
    }
}
