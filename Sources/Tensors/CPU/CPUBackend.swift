import CKernels
import COpenBLAS
import System

/// The backend of ``Device/cpu``: oneDNN and OpenBLAS for products, C kernels for the rest, float32 parameters.
///
/// Results depend neither on the number of threads nor on which thread runs what, with one exception:
/// sums of weight gradients by oneDNN are split by the number of threads.
package final class CPUBackend: Backend {
    /// What multiplies matrices and convolves.
    package enum Library: String, Sendable, CaseIterable {
        /// oneDNN where it is compiled in, else OpenBLAS.
        case automatic
        /// im2col and OpenBLAS, as where oneDNN is missing.
        case openBLAS
    }

    public let real = ScalarType.float32
    public let reduced: ScalarType
    public let threads: Int
    public let world: World
    let policy: ThreadPolicy
    let pool = StoragePool()
    /// oneDNN; where it is nil, im2col and OpenBLAS do its work.
    let oneDNN: OneDNN?
    /// A context for each of several threads, for work that is shared out here. The array is empty for one thread and
    /// for more than ``mostShares``, because so many partial sums would outweigh the work.
    let oneDNNShares: [OneDNN]
    private static let mostShares = 8

    /// - Parameters:
    ///   - threads: the processors available to the process where nil.
    ///   - precision: what convolution activations are stored in.
    ///   - library: what multiplies matrices.
    ///   - world: the ranks that a run is divided among.
    /// - Throws: `UserError(.recipe)` when bfloat16 is asked of a machine or build without it, when `threads` is
    ///   not positive, or when OpenBLAS cannot be loaded.
    package init(
        threads: Int? = nil, precision: Precision = .auto, library: Library = .automatic,
        world: World = .alone
    ) throws(UserError) {
        let threads = threads ?? Machine.availableProcessors
        guard threads > 0 else {
            throw UserError(.recipe, "\(threads) threads", advice: "ask for at least one")
        }
        try Self.loadOpenBLAS()
        self.threads = threads
        self.world = world
        policy = ThreadPolicy(threads: threads)
        let usesOneDNN = library == .automatic && OneDNN.isAvailable
        oneDNN = usesOneDNN ? try OneDNN(threads: threads) : nil
        oneDNNShares = usesOneDNN ? try Self.shares(threads) : []
        reduced = try Self.reducedType(precision, usesOneDNN: usesOneDNN)
    }

    private static func shares(_ threads: Int) throws(UserError) -> [OneDNN] {
        guard (2...mostShares).contains(threads) else { return [] }
        return try (0..<threads).map { _ throws(UserError) in try OneDNN(threads: 1) }
    }

    private static func loadOpenBLAS() throws(UserError) {
        var message: UnsafePointer<CChar>?
        guard fc_blas_load(&message) == 0 else {
            throw UserError(.recipe, message.map { String(cString: $0) } ?? "OpenBLAS cannot be loaded")
        }
    }

    private static func reducedType(_ precision: Precision, usesOneDNN: Bool) throws(UserError) -> ScalarType
    {
        let isSupported = usesOneDNN && OneDNN.hasBFloat16
        switch precision {
        case .float32: return .float32
        case .auto: return isSupported ? .bfloat16 : .float32
        case .bfloat16:
            guard isSupported else {
                let missing =
                    usesOneDNN
                    ? "AVX512-BF16 or AMX, and oneDNN uses \(OneDNN.instructionSet)"
                    : "oneDNN" + (OneDNN.absence.map { ": \($0)" } ?? "")
                throw UserError(
                    .recipe, "precision bfloat16 needs \(missing)", advice: "use \"auto\" or \"float32\"")
            }
            return .bfloat16
        }
    }

    /// The kernels that OpenBLAS chose, such as "SkylakeX". Never "Prescott" on a processor with AVX2, unless
    /// the user's `OPENBLAS_CORETYPE` says so.
    package static func openBLASCore() throws(UserError) -> String {
        try loadOpenBLAS()
        return String(cString: fc_blas_core())
    }

    /// What a backend of this machine stores convolution activations in.
    /// - Throws: `UserError(.recipe)` when bfloat16 is asked of a machine or build without it.
    static func reducedType(_ precision: Precision) throws(UserError) -> ScalarType {
        try reducedType(precision, usesOneDNN: OneDNN.isAvailable)
    }

    public var summary: [(name: String, value: String)] {
        [
            ("processor", Machine.current.name),
            ("instruction set", Machine.current.instructionSet),
            ("threads", "\(threads), \(policy.pool)"),
            ("precision", reduced == .bfloat16 ? "bfloat16 networks, float32 parameters" : "float32"),
            (
                "oneDNN",
                oneDNN != nil ? Self.oneDNNKernels : OneDNN.isAvailable ? "not used" : "not installed"
            ),
            ("OpenBLAS", Self.openBLASKernels),
        ]
    }

    // Either library may be told to use less than the processor has, so each says what it uses.
    private static var oneDNNKernels: String { "\(OneDNN.version), \(OneDNN.instructionSet) kernels" }
    private static var openBLASKernels: String {
        "\(String(cString: fc_blas_version())), \(String(cString: fc_blas_core())) kernels"
    }

    public var memory: (held: Int, peak: Int) { pool.memory }
    public func resetPeak() { pool.resetPeak() }

    public func allocate(_ shape: Shape, _ type: ScalarType) -> Tensor {
        Tensor(storage: pool.allocate(shape.count * type.byteCount), shape: shape, type: type)
    }

    func allocateLike(_ x: Tensor) -> Tensor { allocate(x.shape, x.type) }
}
