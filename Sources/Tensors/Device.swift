import System

/// What tensors lie on and kernels run on. This is the one place that knows which backends there are: everything above asks a
/// device to ``open(threads:precision:)`` one and sees `any Backend` only.
public enum Device: Hashable, Sendable {
    /// The processors of this machine: oneDNN, OpenBLAS and C kernels.
    case cpu

    /// The device where nobody names one.
    public static var standard: Device { .cpu }

    /// The device of a name, such as "cpu".
    /// - Throws: `UserError(.recipe)` for a name that no device has.
    public init(_ name: String) throws(UserError) {
        switch name {
        case "cpu": self = .cpu
        default: throw UserError(.recipe, "there is no device \"\(name)\"", advice: "use \"cpu\"")
        }
    }

    /// A backend with memory of its own.
    ///
    /// - Parameters:
    ///   - threads: threads of this machine that compute or feed the device; nil: ``availableProcessors``.
    ///   - precision: what convolution activations are stored in.
    ///   - world: the ranks that a run is divided among.
    /// - Throws: `UserError(.recipe)` where `threads` is not positive, where the device does not multiply bfloat16 and
    ///   `precision` insists on it, and where a library that the device cannot do without is missing.
    public func open(
        threads: Int? = nil, precision: Precision = .auto, world: World = .alone
    ) throws(UserError) -> any Backend {
        switch self {
        case .cpu: try CPUBackend(threads: threads, precision: precision, world: world)
        }
    }
}

extension Device: CustomStringConvertible {
    /// The name that ``init(_:)`` takes.
    public var description: String {
        switch self {
        case .cpu: "cpu"
        }
    }
}

/// A measured rate of a large matrix product.
package struct Throughput: Sendable {
    /// Precision and library, such as `bfloat16, oneDNN`.
    package let name: String
    /// 10⁹ multiplications and additions a second.
    package let gigaflops: Double
}

/// What the program tells of a device without opening it, and how it measures it.
extension Device {
    /// Processors of this machine that the process may run on, no more than its container has time of.
    public var availableProcessors: Int { Machine.availableProcessors }

    /// Bytes that tensors may still have, which all processes share; nil where the system does not say.
    package var availableMemory: Int? {
        switch self {
        case .cpu: Machine.availableMemory
        }
    }

    /// What makes the device slower than it could be, and how to mend it; nil where nothing does.
    package var handicap: String? {
        switch self {
        case .cpu: OneDNN.absence
        }
    }

    /// The version of oneDNN that is in use, such as "2.6.3"; nil without it.
    package var oneDNNVersion: String? {
        switch self {
        case .cpu: OneDNN.isAvailable ? OneDNN.version : nil
        }
    }

    /// What a backend of the device stores convolution activations in.
    /// - Throws: `UserError(.recipe)` where the device does not multiply bfloat16 and `precision` insists on it.
    package func reducedType(for precision: Precision) throws(UserError) -> ScalarType {
        switch self {
        case .cpu: try CPUBackend.reducedType(precision)
        }
    }

    /// The name of the kernels that OpenBLAS chose for the processor, such as "SkylakeX".
    /// - Throws: `UserError(.recipe)` where OpenBLAS cannot be loaded.
    package func openBLASCore() throws(UserError) -> String {
        switch self {
        case .cpu: try CPUBackend.openBLASCore()
        }
    }

    /// Rates of a large matrix product in every precision and library, with ``open(threads:precision:)``'s threads. It takes
    /// under a second.
    package func measurePeak(threads: Int? = nil) throws(UserError) -> [Throughput] {
        switch self {
        case .cpu: try CPUBackend.measurePeak(threads: threads)
        }
    }

    /// The best rate of a large matrix product in one precision, 10⁹ operations a second: what no step that computes in it
    /// exceeds by much. It takes under a second.
    package func measurePeak(of type: ScalarType, threads: Int? = nil) throws(UserError) -> Double {
        switch self {
        case .cpu: try CPUBackend.measurePeak(of: type, threads: threads)
        }
    }
}
