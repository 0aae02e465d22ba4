/// Reference-counted memory of tensors. Each backend has its own subclass and alone knows where the bytes are, in the memory
/// of this machine or of a device; the memory returns to it with the last view.
///
/// Safe to share because kernels of one backend run in stream order and no two write the same memory at once; nothing
/// outside a backend touches the bytes.
open class Storage: @unchecked Sendable {
    public let byteCount: Int

    public init(byteCount: Int) { self.byteCount = byteCount }
}
