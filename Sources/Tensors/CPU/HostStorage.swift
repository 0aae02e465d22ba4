import CKernels

/// Memory of this machine, a block of a pool.
final class HostStorage: Storage, @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    private let pool: StoragePool

    init(base: UnsafeMutableRawPointer, byteCount: Int, pool: StoragePool) {
        self.base = base
        self.pool = pool
        super.init(byteCount: byteCount)
    }

    deinit { pool.release(base, byteCount) }
}

extension Tensor {
    /// The first byte of the storage, which must be of this backend.
    private var base: UnsafeMutableRawPointer {
        // The comparison of two addresses, where a dynamic cast would be a call.
        precondition(Swift.type(of: storage) == HostStorage.self, "a tensor of another backend")
        return unsafeDowncast(storage, to: HostStorage.self).base
    }

    var bytes: UnsafeMutableRawPointer { base + offset * type.byteCount }
    func bytes(at index: Int) -> UnsafeMutableRawPointer { base + (offset + index) * type.byteCount }

    var floats: UnsafeMutablePointer<Float> {
        precondition(type == .float32, "\(type) where float32 is due")
        return bytes.assumingMemoryBound(to: Float.self)
    }

    var doubles: UnsafeMutablePointer<Double> {
        precondition(type == .float64, "\(type) where float64 is due")
        return bytes.assumingMemoryBound(to: Double.self)
    }

    var integers: UnsafeMutablePointer<Int32> {
        precondition(type == .int32, "\(type) where int32 is due")
        return bytes.assumingMemoryBound(to: Int32.self)
    }

    /// The kernels' name of the type.
    var code: fc_type {
        switch type {
        case .float32: return FC_F32
        case .bfloat16: return FC_BF16
        case .float64: return FC_F64
        case .int32: preconditionFailure("arithmetic on int32")
        }
    }
}
