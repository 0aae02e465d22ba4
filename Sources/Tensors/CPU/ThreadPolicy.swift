import CKernels
import Foundation

/// How kernels are spread over threads: one pool, one level of parallelism at a time.
///
/// The pool is GCC's OpenMP runtime where oneDNN has brought it into the process, so that oneDNN's kernels and
/// ours run on the same workers; else Dispatch. OpenBLAS always computes on the thread that calls it.
///
/// Work is cut into chunks of a fixed size, never by the number of threads, and partial sums are added in
/// the order of the chunks: results do not depend on the number of threads. Denormals are flushed to zero on
/// every thread inside our kernels and OpenBLAS, the caller's included, and on none inside oneDNN, so that results
/// do not depend on the thread either.
struct ThreadPolicy: Sendable {
    let threads: Int

    /// Elements of one chunk of an element-wise kernel.
    static let grain = 32_768

    var pool: String { fc_has_openmp() != 0 ? "OpenMP (libgomp\(Self.spins))" : "Dispatch" }

    private static var spins: String {
        ProcessInfo.processInfo.environment["GOMP_SPINCOUNT"].map { ", GOMP_SPINCOUNT \($0)" } ?? ""
    }

    /// Calls `body` once for every index below `count`, on several threads, and returns when all are done.
    /// Calls for different indices must not write the same memory.
    func forEach(_ count: Int, _ body: (Int) -> Void) {
        // The only place where a closure crosses threads unchecked: it outlives no call, and its callers
        // hand out disjoint memory by index.
        withoutActuallyEscaping(body) { body in
            withUnsafePointer(to: body) { pointer in
                var job = fc_job(
                    task: { context, index in
                        context?.assumingMemoryBound(to: ((Int) -> Void).self).pointee(index)
                    },
                    context: UnsafeMutableRawPointer(mutating: pointer), count: count, next: 0)
                withUnsafeMutablePointer(to: &job) { run($0, workers: min(threads, count)) }
            }
        }
    }

    private func run(_ job: UnsafeMutablePointer<fc_job>, workers: Int) {
        if workers <= 1 {
            fc_work(job)
        } else if fc_run_openmp(job, Int32(workers)) == 0 {
            nonisolated(unsafe) let shared = job
            DispatchQueue.concurrentPerform(iterations: workers) { _ in fc_work(shared) }
        }
    }

    /// Calls `body` with consecutive ranges that cover `0..<count`, each of `grain` elements but the last.
    func forRanges(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
        let chunks = (count + grain - 1) / grain
        forEach(chunks) { body($0 * grain..<min(count, ($0 + 1) * grain)) }
    }

    /// The sum over fixed chunks of `0..<count` of `width` float64 numbers each: `body` adds a chunk's
    /// contribution to zeroed partial sums, which are then added in order.
    func sums(
        _ count: Int, grain: Int, width: Int, _ body: (Range<Int>, UnsafeMutablePointer<Double>) -> Void
    ) -> [Double] {
        let chunks = (count + grain - 1) / grain
        var partials = [Double](repeating: 0, count: max(chunks, 1) * width)
        partials.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            forEach(chunks) { body($0 * grain..<min(count, ($0 + 1) * grain), base + $0 * width) }
            for chunk in stride(from: 1, to: chunks, by: 1) {
                for i in 0..<width { base[i] += base[chunk * width + i] }
            }
        }
        return Array(partials.prefix(width))
    }
}
