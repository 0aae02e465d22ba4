import COpenBLAS
import System

extension CPUBackend {
    /// Rates of a large matrix product at the given number of threads (all available where nil): what `fce doctor`
    /// prints. Takes under a second.
    ///
    /// - Throws: `UserError(.recipe)` as ``init(threads:precision:library:)``.
    static func measurePeak(threads: Int? = nil) throws(UserError) -> [Throughput] {
        let plain = try CPUBackend(threads: threads, precision: .float32, library: .openBLAS)
        var rates = [Throughput(name: "float32, OpenBLAS", gigaflops: plain.productRate(.float32))]
        guard OneDNN.isAvailable else { return rates }
        let backend = try CPUBackend(threads: threads)
        rates.append(Throughput(name: "float32, oneDNN", gigaflops: backend.productRate(.float32)))
        if backend.reduced == .bfloat16 {
            rates.append(Throughput(name: "bfloat16, oneDNN", gigaflops: backend.productRate(.bfloat16)))
        }
        return rates
    }

    /// The best of this machine's rates of a large matrix product in one precision: what no step that computes in it
    /// exceeds by much. Under a second.
    ///
    /// - Throws: `UserError(.recipe)` as ``init(threads:precision:library:)``.
    static func measurePeak(of type: ScalarType, threads: Int? = nil) throws(UserError) -> Double {
        let rate = try CPUBackend(threads: threads).productRate(type)
        guard type == .float32 else { return rate }
        return max(rate, try CPUBackend(threads: threads, library: .openBLAS).productRate(type))
    }

    /// The best of several products of two square matrices.
    private func productRate(_ type: ScalarType) -> Double {
        let extent = 1024
        let a = cast(
            uniform([extent, extent], from: -1, to: 1, key: RandomKey(seed: 1, purpose: .noise)), to: type)
        var best = Duration.seconds(3600)
        for _ in 0..<6 {
            let start = ContinuousClock.now
            _ = matrixProduct(a, a, transposeA: false, transposeB: false)
            best = min(best, ContinuousClock.now - start)
        }
        return 2e-9 * Double(extent * extent * extent) / (best / .seconds(1))
    }
}
