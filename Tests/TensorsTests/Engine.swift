import Tensors
import TestSupport
import Testing

/// One configuration of the product's backend.
struct Engine: CustomTestStringConvertible, Sendable {
    var library = CPUBackend.Library.automatic
    var precision = Precision.float32
    var threads = 2

    var testDescription: String { "\(library), \(precision), \(threads) threads" }

    func start() throws -> CPUBackend {
        try CPUBackend(threads: threads, precision: precision, library: library)
    }

    /// Both libraries in float32, and bfloat16 where the machine has it.
    static let all: [Engine] = {
        let bfloat16 = Engine(precision: .bfloat16)
        let isSupported = (try? bfloat16.start()) != nil
        return [Engine(), Engine(library: .openBLAS)] + (isSupported ? [bfloat16] : [])
    }()
}

extension ScalarType {
    /// Largest error allowed in a result of this type, relative to the tensor's largest value.
    ///
    /// float32: rounding of 6·10⁻⁸, grown by sums of up to some thousand terms. bfloat16: inputs are exact and products are
    /// summed in float32, so what is left is the result's own rounding, 2⁻⁸.
    fileprivate var tolerance: Double {
        switch self {
        case .bfloat16: 4e-3
        case .float32: 1e-5
        case .float64: 1e-12
        case .int32: 0
        }
    }
}

/// Runs `kernel` on the engine (twice: equal inputs must give equal bits) and on the reference, and compares every result.
func expectAgreement(
    _ engine: Engine, relative: Double? = nil, absolute: Double = 0, _ what: String = "",
    sourceLocation: SourceLocation = #_sourceLocation, _ kernel: (any Backend) -> [Tensor]
) throws {
    let (backend, reference) = (try engine.start(), ReferenceBackend())
    let (results, again, expected) = (kernel(backend), kernel(backend), kernel(reference))
    #expect(results.count == expected.count, sourceLocation: sourceLocation)
    for (i, (actual, expected)) in zip(results, expected).enumerated() {
        let name = "\(what) result \(i)"
        expectClose(
            actual, on: backend, expected, on: reference, relative: relative ?? actual.type.tolerance,
            absolute: absolute, name, sourceLocation: sourceLocation)
        let isRepeated = bits(again[i], on: backend) == bits(actual, on: backend)
        #expect(isRepeated, "\(name) changes from call to call", sourceLocation: sourceLocation)
    }
}

/// What two tensors share exactly when they are equal bit by bit, NaNs and the sign of 0 included.
func bits(_ x: Tensor, on backend: any Backend) -> [UInt64] { backend.doubles(x).map(\.bitPattern) }
