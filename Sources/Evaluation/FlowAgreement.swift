import Flows
import Gradients
import Networks
import Tensors
import Training

/// How far log q of a flow's samples, as sampling gives it, is from what the density pass gives for the same images. In
/// exact arithmetic they are equal; a difference moves V by as much.
public struct FlowAgreement: Encodable, Sendable, Equatable {
    public let samples: Int
    /// Standard deviation of the differences, nats.
    public let deviation: Double
    /// Median and largest of their sizes, nats.
    public let median, largest: Double
    /// The largest pixel value |x| of the sample with the largest difference; images lie within 0.5.
    public let largestPixel: Double

    /// - Parameters:
    ///   - differences: nats, not empty.
    ///   - pixels: the largest |x| of each sample.
    package init(differences: [Double], pixels: [Double]) {
        let average = differences.reduce(0, +) / Double(differences.count)
        let squares = differences.reduce(0) { $0 + ($1 - average) * ($1 - average) }
        let sizes = differences.map(abs)
        let worst = sizes.indices.reduce(0) { sizes[$1] > sizes[$0] ? $1 : $0 }
        samples = differences.count
        deviation = (squares / Double(differences.count)).squareRoot()
        median = sizes.sorted()[sizes.count / 2]
        largest = sizes[worst]
        largestPixel = pixels[worst]
    }
}

extension TrainingState {
    /// The agreement over so many samples; nil without a trained flow.
    public func flowAgreement(samples: Int, seed: Int) throws -> FlowAgreement? {
        guard let flow, flowIsInitialized, samples > 0 else { return nil }
        var (differences, pixels) = ([Double](), [Double]())
        for rows in passes(over: samples) {
            try checkInterruption()
            let key = RandomKey(seed: UInt64(seed), purpose: .sample, step: rows.lowerBound, lane: 1 << 20)
            let sample = flow.sample(rows.count, key: key, Pass.inference(flow.store))
            let carried = backend.doubles(sample.logDensity.value)
            differences += zip(carried, backend.doubles(flow.logDensities(sample.x.value))).map { $0 - $1 }
            pixels += (0..<rows.count).map { row in
                backend.doubles(sample.x.value.rows(row..<row + 1)).reduce(0) { max($0, abs($1)) }
            }
        }
        return FlowAgreement(differences: differences, pixels: pixels)
    }
}
