import FeatureDistances
import Tensors
import TestSupport
import Testing

@Suite("Distances of features") struct DistanceTests {
    private func sets(_ backend: any Backend) throws -> (golden: Golden, first: Tensor, second: Tensor) {
        let golden = try Golden("fid")
        return (golden, golden.tensor("first", on: backend), golden.tensor("second", on: backend))
    }

    @Test("The Fréchet distance is that of scipy's matrix root, also where a covariance lacks rank")
    func frechet() throws {
        let backend = try CPUBackend(threads: 2)
        let (golden, first, second) = try sets(backend)
        let distances = [first, first.rows(0..<9)].map {
            frechetDistance(FeatureMoments($0, backend), FeatureMoments(second, backend), backend)
        }
        expectClose(distances, golden.values("frechet"), relative: 1e-6)
    }

    @Test("It is 0 from a set to itself, and the squared length of a shift")
    func shifts() throws {
        let backend = try CPUBackend(threads: 1)
        let first = try sets(backend).first
        let moments = FeatureMoments(first, backend)
        expectClose([frechetDistance(moments, moments, backend)], [0], absolute: 1e-9)
        let moved = FeatureMoments(backend.affine(first, scale: 1, shift: 0.5), backend)
        expectClose([frechetDistance(moments, moved, backend)], [12 * 0.25], relative: 1e-5)
    }

    @Test("The kernel distance and its standard error are those of loops over pairs")
    func kernel() throws {
        let backend = try CPUBackend(threads: 2)
        let (golden, first, second) = try sets(backend)
        let distance = try #require(KernelDistance(first, second, backend))
        expectClose([distance.value, distance.standardError], golden.values("kernel"), relative: 1e-9)
        #expect(KernelDistance(first.rows(0..<19), second, backend) == nil)
    }

    @Test("Eigenvalues rise, and eigenvectors are rows of length 1 that the matrix only stretches")
    func eigen() {
        let matrix: [Double] = [2, 1, 0, 1, 3, -1, 0, -1, 1]
        let (values, vectors) = SymmetricEigen.decompose(matrix, 3)
        #expect(values == values.sorted())
        expectClose(SymmetricEigen.values(matrix, 3), values, relative: 1e-12)
        for (row, value) in values.enumerated() {
            let v = Array(vectors[row * 3..<row * 3 + 3])
            let stretched = (0..<3).map { i in (0..<3).reduce(0) { $0 + matrix[i * 3 + $1] * v[$1] } }
            expectClose(stretched, v.map { value * $0 }, absolute: 1e-12)
            expectClose([v.reduce(0) { $0 + $1 * $1 }], [1], relative: 1e-12)
        }
        #expect(SymmetricEigen.values([.nan], 1)[0].isNaN)
    }
}
