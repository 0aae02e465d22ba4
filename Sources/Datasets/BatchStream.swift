import Dispatch
import Synchronization
import Tensors

/// Images of one training step, ready for a network.
public struct ImageBatch: Sendable, Equatable {
    public let step: Int
    /// `[B]`: positions in the dataset.
    public let indices: [Int]
    /// `[B, H, W, C]` in [−0.5, 0.5).
    public let images: [Float]
    /// `[B]`: classes, −1 for unlabelled images.
    public let labels: [Int]
}

/// An endless stream of shuffled batches, the next few prepared in the background.
///
/// Batch t is a pure function of (seed, lane, t): elements t·B ..< (t + 1)·B of the permutations of all epochs laid
/// end to end, epoch e's drawn from key (seed, `.batchOrder`, e, lane), the noise from (seed, `.dequantization`, t,
/// lane). A resumed run therefore sees the batches of an uninterrupted one, in any order of asking.
public final class BatchStream: Sendable {
    private let source: BatchSource
    private let depth: Int
    private let queue = DispatchQueue(label: "FlowContrast.BatchStream", qos: .userInitiated)
    /// Batches being prepared or ready, by step. The queue refers to them weakly: dropping one here, or the stream
    /// itself, turns its work into nothing.
    private let pending = Mutex<[Int: PreparedBatch]>([:])

    /// Streams the examples of `dataset` at `indices` (at least one), `batchSize` at a time.
    /// - Parameters:
    ///   - dataset: where the examples come from.
    ///   - indices: positions of the examples to stream.
    ///   - batchSize: examples of a batch.
    ///   - seed: decides the order and the noise.
    ///   - lane: tells streams of one seed apart, such as labelled and unlabelled.
    ///   - start: the first step to prepare; any step can be asked for.
    ///   - dequantize: the noise that turns bytes into real numbers.
    ///   - prefetch: how many batches to prepare ahead; 0 for none.
    public init(
        _ dataset: some ExampleSet, indices: [Int], batchSize: Int, seed: UInt64, lane: Int, start: Int = 0,
        dequantize: Dequantization = .uniform, prefetch: Int = 3
    ) {
        precondition(!indices.isEmpty && batchSize > 0 && prefetch >= 0)
        precondition(indices.allSatisfy { 0..<dataset.count ~= $0 })
        source = BatchSource(
            dataset: dataset, indices: indices, size: batchSize, seed: seed, lane: lane,
            dequantize: dequantize)
        depth = prefetch
        prepare(start..<start + depth)
    }

    /// The batch of `step` ≥ 0; starts preparing those that follow.
    public func batch(_ step: Int) -> ImageBatch {
        precondition(step >= 0)
        let batch = prepare(step..<step + depth + 1)[step] ?? PreparedBatch(step: step, source: source)
        return batch.value()
    }

    /// Forgets all but `steps`, and queues those of them that are not queued yet.
    @discardableResult
    private func prepare(_ steps: Range<Int>) -> [Int: PreparedBatch] {
        pending.withLock { pending in
            pending = pending.filter { steps.contains($0.key) }
            for step in steps where pending[step] == nil {
                let batch = PreparedBatch(step: step, source: source)
                pending[step] = batch
                queue.async { [weak batch] in _ = batch?.value() }
            }
            return pending
        }
    }
}

/// A batch made once, by whoever asks first: the queue in the background, or a caller that got ahead of it.
private final class PreparedBatch: Sendable {
    private let step: Int
    private let source: BatchSource
    private let made = Mutex<ImageBatch?>(nil)

    init(step: Int, source: BatchSource) {
        self.step = step
        self.source = source
    }

    func value() -> ImageBatch {
        made.withLock { made in
            if let made { return made }
            let batch = source.batch(step)
            made = batch
            return batch
        }
    }
}

/// Makes the batch of any step.
private final class BatchSource: Sendable {
    private let dataset: any ExampleSet
    private let indices: [Int]
    private let size: Int
    private let seed: UInt64
    private let lane: Int
    private let dequantize: Dequantization
    /// The permutations used last: one epoch, two where a batch crosses from one to the next.
    private let permutations = Mutex<[Int: [Int]]>([:])

    init(
        dataset: any ExampleSet, indices: [Int], size: Int, seed: UInt64, lane: Int,
        dequantize: Dequantization
    ) {
        self.dataset = dataset
        self.indices = indices
        self.size = size
        self.seed = seed
        self.lane = lane
        self.dequantize = dequantize
    }

    func batch(_ step: Int) -> ImageBatch {
        let chosen = positions(step * size..<(step + 1) * size)
        let noise = RandomKey(seed: seed, purpose: .dequantization, step: step, lane: lane)
        return ImageBatch(
            step: step, indices: chosen,
            images: dataset.values(at: chosen, dequantize: dequantize, key: noise),
            labels: dataset.labels(at: chosen))
    }

    /// Elements of the permutations of all epochs laid end to end.
    private func positions(_ elements: Range<Int>) -> [Int] {
        let n = indices.count
        let epochs = elements.lowerBound / n...(elements.upperBound - 1) / n
        return permutations.withLock { cached in
            var fresh = cached.filter { epochs.contains($0.key) }
            let chosen = elements.map { element in
                let epoch = element / n
                let order = fresh[epoch] ?? permutation(epoch)
                fresh[epoch] = order
                return indices[order[element % n]]
            }
            cached = fresh
            return chosen
        }
    }

    private func permutation(_ epoch: Int) -> [Int] {
        var stream = RandomStream(RandomKey(seed: seed, purpose: .batchOrder, step: epoch, lane: lane))
        return stream.permutation(indices.count)
    }
}
