import Gradients
import Networks
import Tensors

/// The derivative J of the logits for the images at one evaluated point, as a linear map: `forward` is J·d, `adjoint`
/// is Jᵀ·u, both with the dropout masks, activation signs and pooling winners of that evaluation.
///
/// J is exact: layers are linear between kinks, and standardisation has its own derivative. J·d costs one forward pass and
/// Jᵀ·u one backward pass without weight gradients; VAT's power iteration needs nothing else.
public final class Linearization {
    /// Of each shard of this rank.
    private var tangents: [[Tangent]] = []
    private let store: ParameterStore
    /// `[B, H, W, C]`.
    private var shape: Shape
    /// J·d on its tape, which the next adjoint runs back.
    private var evaluated: (d: Variable, image: Variable, tape: Tape)?

    init(_ store: ParameterStore, count: Int) {
        self.store = store
        shape = [count]
    }

    private var backend: any Backend { store.backend }

    /// Begins with images `[N, H, W, C]`, of which the first B count, or with a shard's rows of them.
    func begin(_ images: Shape) {
        shape = images.replacingFirst(with: shape.first)
        tangents.append([])
    }

    func append(_ tangent: @escaping Tangent) { tangents[tangents.count - 1].append(tangent) }

    /// J·d: `[B, H, W, C]` → float64 `[B, K]`.
    public func forward(_ d: Tensor) -> Tensor {
        let pass = Pass.inference(store)
        let start = pass.tape.variable(backend.cast(d, to: backend.real))
        let image = pass.sharded(shape.first) { shard in
            tangents[shard.index].reduce(shard(start)) { $1($0, shard.pass) }.cast(to: .float64)
        }
        evaluated = (start, image, pass.tape)
        return image.value
    }

    /// Jᵀ·u: `[B, K]` → `[B, H, W, C]`, real.
    public func adjoint(_ u: Tensor) -> Tensor {
        if evaluated == nil { _ = forward(backend.zeros(shape, backend.real)) }
        guard let (d, image, tape) = evaluated else { preconditionFailure("no J·d was computed") }
        evaluated = nil
        tape.backward(from: image, gradient: u)
        return d.gradient ?? backend.zeros(shape, backend.real)
    }
}
