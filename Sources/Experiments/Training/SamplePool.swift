import Flows
import Gradients
import Networks
import Tensors

/// Samples of a fixed flow, drawn once and used several times.
///
/// Entry i of generation g is a pure function of (flow, seed, g, i): a resumed run draws the pool again
/// instead of storing it.
final class SamplePool {
    private let flow: Glow
    private let context: TrainingContext
    private let size: Int
    private let uses: Int
    private var generation: Int?
    private var images: Tensor?
    private var logDensities: [Double] = []
    private var order: (epoch: Int, indices: [Int])?

    /// - Parameters:
    ///   - size: samples in memory at once.
    ///   - uses: how often each is shown before the pool is drawn anew.
    init(_ flow: Glow, _ context: TrainingContext, size: Int, uses: Int) {
        self.flow = flow
        self.context = context
        self.size = size
        self.uses = uses
    }

    /// Samples `[count, H, W, C]` of update `step`, with their log q in nats.
    func batch(_ count: Int, step: Int) -> (images: Tensor, logDensities: [Double]) {
        let elements = step * count..<(step + 1) * count
        // A batch never straddles generations: its first element decides.
        let images = filled(generation: elements.lowerBound / size / uses)
        let indices = elements.map { index(of: $0) }
        return (context.backend.gatherRows(images, indices), indices.map { logDensities[$0] })
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

    private func filled(generation: Int) -> Tensor {
        if let images, self.generation == generation { return images }
        let backend = context.backend
        let shape = Shape([size] + context.data.extents)
        let pool = images ?? backend.allocate(shape, backend.real)
        logDensities = []
        let chunk = 128
        for (number, start) in stride(from: 0, to: size, by: chunk).enumerated() {
            let count = min(chunk, size - start)
            let step = generation * ((size + chunk - 1) / chunk) + number
            let pass = Pass.inference(flow.store)
            let sample = flow.sample(count, key: context.key(.sample, .samples, step: step), pass)
            backend.copy(sample.x.value, into: pool.rows(start..<start + count))
            logDensities += backend.doubles(sample.logDensity.value)
        }
        images = pool
        self.generation = generation
        return pool
    }
}
