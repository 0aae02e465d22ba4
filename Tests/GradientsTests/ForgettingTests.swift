import Gradients
import Tensors
import TestSupport
import Testing

/// Values that are dropped after the forward pass and made again in the backward pass.
@Suite("Forgotten values")
struct ForgettingTests {
    private let geometry = ConvolutionGeometry(padding: 1)

    /// Those of a sum of squares of two convolutions, the first with scaled weights.
    private func gradients(forgetting: Bool) throws -> [[Float]] {
        let backend = try Device.cpu.open(threads: 1)
        let tape = Tape(backend)
        let shapes: [Shape] = [[8, 32, 32, 3], [3, 3, 3, 32], [32], [3, 3, 32, 3]]
        let leaves = shapes.enumerated().map { index, shape in
            tape.variable(backend.randomTensor(shape, seed: UInt64(index), scale: 0.3))
        }
        let weights = leaves[1].combined(.multiply, leaves[2], .channels)
        let hidden = leaves[0].convolved(with: weights, geometry, slope: 0)
        let output = hidden.convolved(with: leaves[3], geometry)
        if forgetting { [hidden, weights].forEach { $0.forget() } }
        tape.backward(from: output.mapped(.square).sum(.all))
        return try leaves.map { backend.floats(try #require($0.gradient)) }
    }

    @Test func gradientsAreTheSameBitForBit() throws {
        #expect(try gradients(forgetting: true) == gradients(forgetting: false))
    }

    /// Blocks as large as the hidden activation that fit into memory held already.
    private func room(forgetting: Bool) throws -> Int {
        let backend = try Device.cpu.open(threads: 1)
        let tape = Tape(backend)
        let x = tape.variable(backend.randomTensor([8, 32, 32, 4], seed: 1))
        let weights = tape.variable(backend.randomTensor([3, 3, 4, 32], seed: 2))
        let hidden = x.convolved(with: weights, geometry, slope: 0)
        if forgetting { hidden.forget() }
        let held = backend.memory.held
        var blocks: [Tensor] = []
        while backend.memory.held == held { blocks.append(backend.zeros(hidden.shape, hidden.type)) }
        return blocks.count
    }

    @Test func theirMemoryIsFreeMeanwhile() throws {
        #expect(try room(forgetting: true) > room(forgetting: false))
    }

    /// Where nothing makes a value again it stays.
    @Test func leavesAndConstantsRemember() throws {
        let backend = try Device.cpu.open(threads: 1)
        let tape = Tape(backend)
        let leaf = tape.variable(backend.randomTensor([1, 4, 4, 3], seed: 1))
        let constant = tape.constant(leaf.value).convolved(
            with: tape.constant(backend.zeros([1, 1, 3, 2], .float32)))
        [leaf, constant].forEach { $0.forget() }
        #expect(backend.floats(constant.value) == [Float](repeating: 0, count: 32))
        #expect(leaf.value.count == 48)
    }

    /// A convolution's result and its gradient are gone before the gradient of its input is made: the backward pass needs
    /// two blocks more than the forward one, not three.
    @Test(.enabled(if: Device.cpu.handicap == nil, "the fallback's patches are larger than all else"))
    func resultsGoBeforeGradientsCome() throws {
        let backend = try Device.cpu.open(threads: 1)
        let tape = Tape(backend)
        let x = tape.variable(backend.randomTensor([8, 32, 32, 32], seed: 1))
        let weights = tape.variable(backend.randomTensor([1, 1, 32, 32], seed: 2))
        let block = x.shape.count * x.type.byteCount
        func layers() -> Variable {
            (0..<3).reduce(x) { y, _ in y.convolved(with: weights, slope: 0.1) }.sum(.all)
        }
        let loss = layers()
        backend.resetPeak()
        let before = backend.memory.held
        tape.backward(from: loss)
        #expect(backend.memory.peak - before < block * 5 / 2)
    }
}
