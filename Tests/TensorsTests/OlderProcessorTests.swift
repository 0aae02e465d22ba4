import Glibc
import System
import Tensors
import Testing

#if canImport(Glibc)
#endif

/// Convolutions and products by the kernels that both libraries have for older processors than this one, against the same
/// reference. Each in a process of its own, because the libraries choose once.
@Suite("Older processors", .serialized, .enabled(if: Device.cpu.handicap == nil, "oneDNN is not installed"))
struct OlderProcessorTests {
    @Test(.enabled(if: Processor.has("avx512bw"), "no AVX-512"))
    func avx512WithoutBFloat16() async {
        await #expect(processExitsWith: .success) {
            try OlderProcessor(limit: "AVX512_CORE", oneDNN: "AVX-512", openBLAS: "SkylakeX").agrees()
        }
    }

    @Test(.enabled(if: Processor.has("avx2"), "no AVX2"))
    func avx2() async {
        await #expect(processExitsWith: .success) {
            try OlderProcessor(limit: "AVX2", oneDNN: "AVX2", openBLAS: "Haswell").agrees()
        }
    }

    /// The least that both libraries know: SSE4.1 and SSE3.
    @Test(.enabled(if: Processor.has("sse4_1"), "no SSE4.1"))
    func beforeAVX() async {
        await #expect(processExitsWith: .success) {
            try OlderProcessor(limit: "SSE41", oneDNN: "SSE4.1", openBLAS: "Prescott").agrees()
        }
    }
}

private struct OlderProcessor {
    /// As `ONEDNN_MAX_CPU_ISA` names it.
    let limit: String
    /// The kernels that the backend should then report.
    let oneDNN: String
    let openBLAS: String

    /// To be called before either library has looked at the processor.
    func agrees() throws {
        setenv("ONEDNN_MAX_CPU_ISA", limit, 1)
        setenv("OPENBLAS_CORETYPE", openBLAS, 1)
        let backend = try CPUBackend(threads: 1)
        let uses = Dictionary(uniqueKeysWithValues: backend.summary)
        #expect(uses["oneDNN"]?.hasSuffix(", \(oneDNN) kernels") == true)
        #expect(uses["OpenBLAS"]?.hasSuffix(", \(openBLAS) kernels") == true)
        #expect(backend.reduced == .float32)
        #expect(throws: UserError.self) { try CPUBackend(threads: 1, precision: .bfloat16) }
        let tests = ConvolutionTests()
        for var engine in Engine.all {
            engine.threads = 1
            for test in ConvolutionTests.cases {
                try tests.forward(engine, test)
                try tests.gradients(engine, test)
            }
            for extents in ConvolutionTests.products { try tests.matrixProducts(engine, extents) }
        }
    }
}
