/// What convolution activations are stored in.
public enum Precision: String, Sendable, CaseIterable {
    /// bfloat16 where the device multiplies it in hardware, else float32.
    case auto
    case float32, bfloat16
}
