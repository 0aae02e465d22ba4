import CKernels

/// Products of matrices by our own kernels, where those are faster than the libraries.
///
/// Results depend on the matrices alone: each number is summed in one order, whatever the threads.
struct BlockedProduct {
    let backend: CPUBackend
    let kernel: fc_product_kernel

    /// The rows of one task, at most: what it reads of the left matrix stays in the second cache.
    private static let taskRows = 96
    /// Words of the inner axis whose part of the right matrix is packed at a time.
    private static let packedWords = 4 * FC_PRODUCT_BLOCK
    /// Words that one task packs.
    private static let packGrain = 64

    /// The kernel that a processor has for factors of `type`; nil for none, or where oneDNN's are faster, as with AMX. What
    /// the user forbids oneDNN to use, we do not use either.
    static func kernel(for type: ScalarType) -> fc_product_kernel? {
        type == .bfloat16 ? bfloat16Kernel : float32Kernel
    }

    private static let float32Kernel: fc_product_kernel? =
        switch OneDNN.instructionSet {
        case "AVX2": FC_PRODUCT_AVX2
        case "AVX-512", "AVX512-BF16", "AMX-BF16": FC_PRODUCT_AVX512
        default: nil
        }
    private static let bfloat16Kernel: fc_product_kernel? =
        OneDNN.instructionSet == "AVX512-BF16" ? FC_PRODUCT_BF16 : nil

    /// c = leaky(op(a)·op(b) + bias) as ``OneDNN/product(_:_:transposeA:transposeB:bias:slope:into:)`` has it, of two axes.
    func callAsFunction(
        _ a: Tensor, _ b: Tensor, transposeA: Bool, transposeB: Bool, bias: Tensor?, slope: Float?,
        into c: Tensor
    ) {
        let inner = transposeA ? a.shape[0] : a.shape[1]
        let factors = a.type == .bfloat16 ? 2 : 1
        let step = Self.packedWords * factors
        for first in stride(from: 0, to: inner, by: step) {
            let count = min(step, inner - first)
            var product = fc_product(
                kernel: kernel, n: c.shape[1], k: count,
                a: a.bytes(at: first * (transposeA ? a.shape[1] : 1)),
                b: b.bytes(at: first * (transposeB ? 1 : b.shape[1])), a_stride: a.shape[1],
                b_stride: b.shape[1], transposes_a: transposeA ? 1 : 0, transposes_b: transposeB ? 1 : 0,
                packed: nil, c: c.bytes, c_type: c.code, adds: first > 0 ? 1 : 0, bias: bias?.floats,
                slope: slope ?? 1)
            add(&product, rows: c.shape[0])
        }
    }

    private func add(_ product: inout fc_product, rows: Int) {
        let packed = backend.allocate([fc_product_packed(&product)], .float32)
        defer { withExtendedLifetime(packed) {} }
        product.packed = packed.floats
        let product = product
        backend.policy.forRanges(fc_product_words(kernel, product.k), grain: Self.packGrain) { words in
            withUnsafePointer(to: product) { fc_product_pack($0, words.lowerBound, words.count) }
        }
        backend.policy.forRanges(rows, grain: taskRows(of: rows)) { rows in
            withUnsafePointer(to: product) { product in
                // We hold the block to the end: given back at once, it would serve another thread meanwhile.
                let bands = backend.allocate([fc_product_bands(product, rows.count)], .float32)
                defer { withExtendedLifetime(bands) {} }
                fc_product_rows(product, rows.lowerBound, rows.count, bands.floats)
            }
        }
    }

    /// As many tasks as give every thread the same work.
    private func taskRows(of rows: Int) -> Int {
        let threads = 2 * backend.threads
        let tasks = ((rows + Self.taskRows - 1) / Self.taskRows + threads - 1) / threads * threads
        return (rows + tasks - 1) / tasks
    }
}

extension CPUBackend {
    /// op(a)·op(b) + bias, then leaky ReLU, of matrices of one type; by our kernels where they are faster, else by oneDNN.
    func product(
        _ a: Tensor, _ b: Tensor, transposeA: Bool = false, transposeB: Bool = false, bias: Tensor? = nil,
        slope: Float? = nil, into c: Tensor, _ library: OneDNN
    ) {
        if let kernel = blockedKernel(a, transposeA: transposeA, c, isPlain: bias == nil && slope == nil) {
            BlockedProduct(backend: self, kernel: kernel)(
                a, b, transposeA: transposeA, transposeB: transposeB, bias: bias, slope: slope, into: c)
        } else {
            library.product(
                a, b, transposeA: transposeA, transposeB: transposeB, bias: bias, slope: slope, into: c)
        }
    }

    /// The kernel for a product, where ours is faster: measured on an AMD EPYC (Zen 4) with AVX2, AVX-512 and AVX512-BF16.
    private func blockedKernel(_ a: Tensor, transposeA: Bool, _ c: Tensor, isPlain: Bool)
        -> fc_product_kernel?
    {
        let inner = transposeA ? a.shape[0] : a.shape[1]
        guard c.shape[0] >= 128, c.shape[1] >= 48, inner >= 32,
            let kernel = BlockedProduct.kernel(for: a.type)
        else { return nil }
        // Sums that go to c several times must be float32 and plain, and pairs of bfloat16 numbers lie in one row.
        let isWhole = fc_product_words(kernel, inner) <= FC_PRODUCT_BLOCK
        let hasPairs = transposeA || a.type == .float32 || inner % 2 == 0
        return hasPairs && (isWhole || isPlain && c.type == .float32) ? kernel : nil
    }
}
