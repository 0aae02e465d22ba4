import Tensors
import Testing

/// The element in which two vectors differ most.
struct LargestError {
    var error = 0.0
    var index = 0

    /// NaN on one side only counts as an infinite difference.
    init(_ actual: [Double], _ expected: [Double]) {
        for (i, (a, b)) in zip(actual, expected).enumerated() where a != b && !(a.isNaN && b.isNaN) {
            let difference = abs(a - b).isNaN ? .infinity : abs(a - b)
            if difference > error { (error, index) = (difference, i) }
        }
    }
}

/// Expects |actual − expected| ≤ absolute + relative · max |expected| for every element, as one expectation that
/// names the worst element.
///
/// The relative tolerance is of the largest expected value: rounding errors of sums scale with the terms, not with
/// what is left of them.
public func expectClose(
    _ actual: [Double], _ expected: [Double], relative: Double = 0, absolute: Double = 0,
    _ what: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
    guard actual.count == expected.count else {
        Issue.record(
            "\(what) \(actual.count) values, expected \(expected.count)", sourceLocation: sourceLocation)
        return
    }
    let worst = LargestError(actual, expected)
    let largest = expected.reduce(0) { $1.isFinite ? max($0, abs($1)) : $0 }
    let tolerance = absolute + relative * largest
    let message = """
        \(what) differs most at \(worst.index): \(actual.isEmpty ? 0 : actual[worst.index]), expected \
        \(expected.isEmpty ? 0 : expected[worst.index]); error \(worst.error) > \(tolerance)
        """
    #expect(worst.error <= tolerance, "\(message)", sourceLocation: sourceLocation)
}

/// The same for tensors, each of its own backend; the shapes must agree too.
public func expectClose(
    _ actual: Tensor, on backend: any Backend, _ expected: Tensor, on other: any Backend,
    relative: Double = 0, absolute: Double = 0, _ what: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(actual.shape == expected.shape, "\(what)", sourceLocation: sourceLocation)
    expectClose(
        backend.doubles(actual), other.doubles(expected), relative: relative, absolute: absolute, what,
        sourceLocation: sourceLocation)
}
