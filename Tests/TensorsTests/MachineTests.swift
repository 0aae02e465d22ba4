import Glibc
import System
import Tensors
import TestSupport
import Testing

#if canImport(Glibc)
#endif

/// What the product's backend promises about machines, threads and memory.
@Suite("The machine", .serialized)
struct MachineTests {
    /// OpenBLAS 0.3.21 takes newer Intel processors for a Prescott and runs five times slower.
    @Test func openBLASKnowsTheProcessor() throws {
        guard Processor.has("avx2"), getenv("OPENBLAS_CORETYPE") == nil else { return }
        #expect(try CPUBackend.openBLASCore() != "Prescott")
    }

    @Test func summaryNamesEverythingARunHeaderNeeds() throws {
        let summary = try CPUBackend(threads: 2).summary
        let names = summary.map(\.name)
        for name in ["processor", "instruction set", "threads", "precision", "oneDNN", "OpenBLAS"] {
            #expect(names.contains(name))
        }
        #expect(summary.allSatisfy { !$0.value.isEmpty })
    }

    @Test func impossibleRequestsAreUserErrors() throws {
        #expect(throws: UserError.self) { try CPUBackend(threads: 0) }
        #expect(throws: UserError.self) {
            try CPUBackend(threads: 1, precision: .bfloat16, library: .openBLAS)
        }
    }

    /// Everything but weight gradients by oneDNN's own convolutions, on sizes that are cut among threads.
    @Test(arguments: Engine.all)
    func resultsDoNotDependOnTheNumberOfThreads(_ engine: Engine) throws {
        func results(threads: Int) throws -> [[UInt64]] {
            var engine = engine
            engine.threads = threads
            let backend = try engine.start()
            return kernels(backend).map { bits($0, on: backend) }
        }
        let one = try results(threads: 1)
        for threads in [2, 3] {
            for (i, (result, expected)) in zip(try results(threads: threads), one).enumerated() {
                // Outside the macro, which would print the difference of two long arrays.
                let isSame = result == expected
                #expect(isSame, "result \(i) on \(threads) threads")
            }
        }
    }

    /// More workers than processors, several callers: a block of the pool given back too early would be overwritten.
    @Test(arguments: Engine.all)
    func concurrentConvolutionsDoNotDisturbEachOther(_ engine: Engine) async throws {
        let backend = try engine.start()
        let x = backend.randomTensor([9, 16, 16, 32], seed: 1, type: backend.reduced)
        let w = backend.randomTensor([3, 3, 32, 40], seed: 2)
        @Sendable func convolve() -> [UInt64] {
            let geometry = ConvolutionGeometry(padding: 1)
            let y = backend.convolution(x, w, bias: nil, geometry, slope: 0.2, output: backend.reduced)
            let dx = backend.convolutionInputGradient(y, w, geometry, shape: x.shape)
            return bits(dx, on: backend)
        }
        let expected = convolve()
        let wrong = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<60 { group.addTask { convolve() != expected } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(wrong == 0)
    }

    private func kernels(_ backend: any Backend) -> [Tensor] {
        let key = RandomKey(seed: 1, purpose: .noise)
        let x = backend.randomTensor([9, 16, 16, 32], seed: 1)
        let w = backend.randomTensor([3, 3, 32, 40], seed: 2)
        let geometry = ConvolutionGeometry(padding: 1)
        let activations = backend.cast(x, to: backend.reduced)
        let y = backend.convolution(activations, w, bias: nil, geometry, slope: 0.2, output: backend.reduced)
        let (mean, variance) = backend.moments(x)
        let (dz, bias) = backend.activationGradient(y, y, slope: 0.2, wantsBias: true)
        // Our own product, where there are kernels for it.
        let product = backend.matrixProduct(
            x.reshaped([9 * 64, 128]), x.reshaped([9 * 64, 128]), transposeA: true, transposeB: false)
        return [
            product, y, backend.convolutionInputGradient(y, w, geometry, shape: x.shape), mean, variance, dz,
            bias!,
            backend.sum(x, .all), backend.sum(x, .rows), backend.sum(x, .channels),
            backend.normal([100_003], key: key), backend.uniform([100_003], from: 0, to: 1, key: key),
            backend.dropout(x, rate: 0.5, key: key), backend.map(.softplus, x),
            backend.globalMeanPool(x), backend.weightNorm(w, backend.randomTensor([40], seed: 3)).weights,
            backend.gaussianLogDensity(x, mean: x, logDeviation: x),
            backend.matrixProduct(
                x.reshaped([9 * 256, 32]), w.reshaped([288, 40]).rows(0..<32), transposeA: false,
                transposeB: false),
        ]
    }

    @Test func memoryIsReusedAndItsPeakKept() throws {
        let backend = try CPUBackend(threads: 1)
        for _ in 0..<10 { _ = backend.zeros([1 << 20], .float32) }
        let (held, peak) = backend.memory
        // Ten blocks of 4 MB one after the other, from one block
        #expect(held >= 4 << 20 && held < 8 << 20 && peak == held)
        let blocks = (0..<3).map { _ in backend.zeros([1 << 20], .float32) }
        #expect(backend.memory.held >= 12 << 20 && blocks.count == 3)
        backend.resetPeak()
        #expect(backend.memory.peak == backend.memory.held)
    }

    @Test func memoryOfSmallTensorsServesLargeOnes() throws {
        let backend = try CPUBackend(threads: 1)
        var blocks = (0..<16).map { _ in backend.zeros([1 << 18], .float32) }
        let held = backend.memory.held
        blocks.removeAll()
        let large = backend.zeros([1 << 22], .float32)
        #expect(backend.memory.held == held && large.count == 1 << 22)
    }

    /// A line and an exit code, no crash: whoever asked for too much can ask for less and go on.
    @Test func lackOfMemoryIsSaid() async throws {
        let result = await #expect(
            processExitsWith: .exitCode(UserError.Kind.memory.rawValue), observing: [\.standardErrorContent]
        ) {
            _ = try CPUBackend(threads: 1).allocate([1 << 50], .float32)
        }
        let output = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
        #expect(output.contains("out of memory") && output.contains("4294967296 MB"))
    }

    @Test func mismatchedShapesTrap() async {
        await #expect(processExitsWith: .failure) {
            let backend = try CPUBackend(threads: 1)
            let (a, b) = (backend.zeros([2, 3], .float32), backend.zeros([2, 3], .float32))
            _ = backend.matrixProduct(a, b, transposeA: false, transposeB: false)
        }
        await #expect(processExitsWith: .failure) {
            let backend = try CPUBackend(threads: 1)
            let (a, b) = (backend.zeros([6], .float32), backend.zeros([5], .float32))
            _ = backend.combine(.add, a, b, .elementwise)
        }
        await #expect(processExitsWith: .failure) {
            let backend = try CPUBackend(threads: 1)
            let (x, w) = (backend.zeros([1, 4, 4, 2], .float32), backend.zeros([3, 3, 3, 1], .float32))
            _ = backend.convolution(x, w, bias: nil, .init(), slope: nil, output: .float32)
        }
    }
}
