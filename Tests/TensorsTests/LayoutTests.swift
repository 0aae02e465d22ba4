import Tensors
import TestSupport
import Testing

/// Kernels that only move elements, bit for bit against the reference, and the random numbers.
@Suite("Layout and random numbers")
struct LayoutTests {
    static let engine = Engine()
    static let types: [ScalarType] = [.float32, .bfloat16, .float64]

    @Test(arguments: types, [Shape([1, 2, 2, 1]), [3, 4, 6, 5], [2, 8, 8, 12]])
    func images(_ type: ScalarType, _ shape: Shape) throws {
        try expectAgreement(Self.engine, relative: 0) { backend in
            let x = backend.randomTensor(shape, seed: 1, type: type, precision: .bfloat16)
            let squeezed = backend.squeeze(x)
            let padded = backend.padded(x, 2)
            return [
                squeezed, backend.unsqueeze(squeezed), padded, backend.cropped(padded, 1),
                backend.channels(x, 0..<1), backend.channels(squeezed, 1..<4), backend.concatenated(x, x),
                backend.concatenated(backend.channels(squeezed, 3..<4), squeezed),
                backend.stacked([x, x.rows(0..<1), x]),
                backend.gatherRows(x, [shape[0] - 1, 0, 0]), backend.channels(x.rows(0..<1), 0..<shape[3]),
            ]
        }
    }

    @Test(arguments: types)
    func scatteredRows(_ type: ScalarType) throws {
        try expectAgreement(Self.engine, relative: 0) { backend in
            let x = backend.randomTensor([3, 7], seed: 1, type: type, precision: .bfloat16)
            let y = backend.randomTensor([5, 7], seed: 2, type: type, precision: .bfloat16)
            backend.scatterRows(x, [4, 0, 2], into: y)
            return [y, backend.gatherRows(y, [4, 0, 2])]
        }
    }

    @Test func rowsOfIntegers() throws {
        try expectAgreement(Self.engine, relative: 0) { backend in
            let x = backend.tensor((0..<12).map(Double.init), [4, 3], .int32)
            return [backend.gatherRows(x, [2, 2, 0]), backend.channels(x, 1..<3)]
        }
    }

    @Test(arguments: types)
    func copiesFillsAndCasts(_ type: ScalarType) throws {
        try expectAgreement(Self.engine, relative: 0) { backend in
            let x = backend.randomTensor([5, 7], seed: 1, type: type, precision: .bfloat16)
            let y = backend.zeros([5, 7], .float32)
            backend.copy(x, into: y)
            backend.fill(y.rows(1..<2), with: 2.5)
            return [y, backend.cast(y, to: type), backend.cast(x.rows(2..<4), to: .float64)]
        }
    }

    @Test(arguments: [1, 2, 3, 4, 5, 1003, 200_001])
    func randomNumbers(_ count: Int) throws {
        // float32 holds uniforms of [0, 1) exactly; log and cos cost a few units in the last place.
        let key = RandomKey(seed: 0x1_0000_0007, purpose: .sample, step: 3, lane: 5)
        try expectAgreement(Self.engine, relative: 0) { [$0.uniform([count], from: 0, to: 1, key: key)] }
        try expectAgreement(Self.engine, relative: 2e-7) {
            [$0.uniform([count], from: -0.25, to: 0.75, key: key)]
        }
        try expectAgreement(Self.engine, relative: 1e-6) { [$0.normal([count], key: key)] }
    }

    @Test(arguments: [0, 0.2, 0.5, 0.9], [ScalarType.float32, .bfloat16])
    func dropout(_ rate: Double, _ type: ScalarType) throws {
        let key = RandomKey(seed: 4, purpose: .dropout, step: 7, lane: 2)
        for shape in [Shape([1]), [3, 5], [9, 33, 31, 3]] {
            try expectAgreement(Self.engine, relative: type == .bfloat16 ? 4e-3 : 1e-6) { backend in
                let x = backend.randomTensor(shape, seed: 1, shift: 1, type: type, precision: .bfloat16)
                return [backend.dropout(x, rate: rate, key: key)]
            }
        }
    }
}
