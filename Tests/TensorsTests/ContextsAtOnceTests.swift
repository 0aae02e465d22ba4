import Dispatch
import Synchronization
import TestSupport
import Testing

@testable import Tensors

@Suite("Backends of one process that work at the same time") struct ContextsAtOnceTests {
    /// The first convolution of a new backend. What goes wrong are odd numbers of channels.
    private static func convolution(_ precision: Precision) throws -> [Float] {
        let backend = try CPUBackend(threads: 1, precision: precision)
        let x = backend.uniform([2, 16, 16, 3], from: -1, to: 1, key: RandomKey(seed: 1, purpose: .noise))
        let weights = backend.uniform(
            [4, 4, 3, 4], from: -1, to: 1, key: RandomKey(seed: 2, purpose: .noise))
        return backend.floats(
            backend.convolution(
                backend.cast(x, to: backend.reduced), weights, bias: nil,
                ConvolutionGeometry(stride: 2, padding: 1), slope: nil, output: backend.reduced))
    }

    /// Without the lock in `onednn.cpp` some two of a thousand float32 results are wrong.
    @Test(
        "A float32 convolution does not depend on bfloat16 ones that oneDNN describes meanwhile",
        .enabled(if: OneDNN.isAvailable && OneDNN.hasBFloat16, "oneDNN has no bfloat16 on this processor"))
    func precisions() throws {
        let expected = try Self.convolution(.float32)
        let wrong = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            for _ in 0..<1000 {
                let result = try? Self.convolution(thread % 2 == 0 ? .bfloat16 : .float32)
                if thread % 2 == 1 && result != expected { wrong.wrappingAdd(1, ordering: .relaxed) }
            }
        }
        #expect(wrong.load(ordering: .relaxed) == 0)
    }
}
