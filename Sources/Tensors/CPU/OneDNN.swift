import COneDNN
import System

/// oneDNN's convolutions and products. Primitives and their memory are kept per shape and type; a mutex on the
/// C side serialises the calls, which are parallel inside.
final class OneDNN: @unchecked Sendable {
    // Safe to share: the pointer never changes, and what it points to is locked by every call.
    private let context: OpaquePointer

    /// Why the library cannot be used, and what to do; nil where it can.
    static var absence: String? { fc_dnn_absence().map { String(cString: $0) } }
    static var isAvailable: Bool { absence == nil }
    static var version: String { String(cString: fc_dnn_version()) }
    /// The widest instruction set that oneDNN uses: the processor's, or less where `ONEDNN_MAX_CPU_ISA` says so.
    static var instructionSet: String { String(cString: fc_dnn_instruction_set()) }
    /// Whether that set multiplies bfloat16, as AVX512-BF16 and AMX do. Elsewhere oneDNN refuses bfloat16.
    static var hasBFloat16: Bool { fc_dnn_has_bf16() != 0 }

    init(threads: Int) throws(UserError) {
        var message: UnsafePointer<CChar>?
        guard let context = fc_dnn_create(Int32(threads), &message) else {
            throw UserError(.recipe, message.map { String(cString: $0) } ?? "oneDNN cannot be initialised")
        }
        self.context = context
    }

    deinit { fc_dnn_destroy(context) }

    /// A failure here means that a shape check is missing, which is a programming error.
    private func check(_ status: Int32) {
        precondition(status == 0, "oneDNN: \(String(cString: fc_dnn_error(context)))")
    }

    private func code(_ x: Tensor) -> fc_dnn_type { x.type == .bfloat16 ? FC_DNN_BF16 : FC_DNN_F32 }

    func convolution(
        _ x: Tensor, _ weights: Tensor, bias: Tensor?, _ s: ConvolutionShape, slope: Float?, into y: Tensor
    ) {
        var shape = s.dnn
        check(
            fc_dnn_convolution(
                context, &shape, code(x), x.bytes, weights.floats, bias?.floats, slope == nil ? 0 : 1,
                slope ?? 0, code(y), y.bytes))
    }

    func inputGradient(_ dy: Tensor, _ weights: Tensor, _ s: ConvolutionShape, into dx: Tensor) {
        var shape = s.dnn
        check(
            fc_dnn_convolution_input_gradient(context, &shape, code(dy), dy.bytes, weights.floats, dx.bytes))
    }

    func weightGradient(_ x: Tensor, _ dy: Tensor, _ s: ConvolutionShape, into dw: Tensor) {
        var shape = s.dnn
        check(fc_dnn_convolution_weight_gradient(context, &shape, code(x), x.bytes, dy.bytes, dw.floats))
    }

    /// c = op(a)·op(b) + bias, then leaky ReLU; a and b of one type. Of three axes the first counts products, without bias.
    func product(
        _ a: Tensor, _ b: Tensor, transposeA: Bool = false, transposeB: Bool = false, bias: Tensor? = nil,
        slope: Float? = nil, into c: Tensor
    ) {
        let batch = c.shape.rank == 3 ? c.shape[0] : 1
        let (m, n) = (c.shape[c.shape.rank - 2], c.shape.last)
        let k = transposeA ? a.shape[a.shape.rank - 2] : a.shape.last
        check(
            fc_dnn_product(
                context, batch, code(a), transposeA ? 1 : 0, transposeB ? 1 : 0, m, n, k,
                a.bytes, b.bytes, bias?.floats, slope == nil ? 0 : 1, slope ?? 0, code(c), c.bytes))
    }
}
