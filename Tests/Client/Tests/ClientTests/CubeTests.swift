import Client
import FlowContrast
import Testing

@Suite("An operation of one's own") struct CubeTests {
    @Test func gradientsFlowThroughIt() throws {
        let tape = Tape(try Device.standard.open(threads: 1, precision: .float32))
        let x = tape.variable(tape.backend.tensor([1, -2, 0.5] as [Float], [3], .float32))
        // d/dx Σ (2x)³ = 24x²
        let loss = x.affine(scale: 2).cubed().sum(.all)
        tape.backward(from: loss)
        #expect(tape.backend.scalar(loss.value) == 8 - 64 + 1)
        #expect(tape.backend.floats(try #require(x.gradient)) == [24, 96, 6])
    }
}
