import System
import Tensors

/// Labelled and unlabelled examples that models train on: images, or points in the plane.
public protocol ExampleSet: Sendable {
    var name: String { get }
    /// Height, width and channels of one example; `[1, 1, 2]` for points.
    var extents: [Int] { get }
    /// One name a class; labels index this list.
    var classNames: [String] { get }
    /// `[N]`: a class, or −1 for an unlabelled example.
    var labels: [Int] { get }
    /// Positions that the source itself holds out of training, ascending.
    var heldOut: [Int] { get }
    /// The identity of the data in splits and runs.
    var sha256: String { get }
    /// The examples at `indices` as the models see them, one after the other; `key` draws the noise of
    /// dequantisation where there is any.
    func values(at indices: [Int], dequantize: Dequantization, key: RandomKey) -> [Float]
}

extension ExampleSet {
    /// Empty.
    public var heldOut: [Int] { [] }
    public var count: Int { labels.count }
    /// Number of classes K.
    public var classes: Int { classNames.count }
    /// Numbers in one example, D.
    public var dimensions: Int { extents.reduce(1, *) }
    /// Labels of `indices`.
    public func labels(at indices: [Int]) -> [Int] { indices.map { labels[$0] } }
}

extension ImageDataset: ExampleSet {
    public var extents: [Int] { [height, width, channels] }

    public func values(at indices: [Int], dequantize: Dequantization, key: RandomKey) -> [Float] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(indices.count * imageSize)
        for index in indices { bytes += image(index) }
        return dequantize.apply(bytes, key: key)
    }
}

/// Points in the plane, drawn from a density.
public struct PointDataset: ExampleSet {
    public let name: String
    public let classNames: [String]
    /// `[N, 2]`.
    public let points: [Float]
    public let labels: [Int]
    public let sha256: String
    /// What they are drawn from.
    public let density: PlaneDensity

    public init(_ density: PlaneDensity, count: Int, seed: UInt64) {
        let drawn = density.sample(count, seed: seed)
        self.density = density
        name = density.rawValue
        classNames = (0..<density.classes).map(String.init)
        points = drawn.points
        labels = drawn.labels
        var hash = SHA256()
        hash.update("\(count) points of \(density.rawValue)\n".utf8)
        hash.update(
            points.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init) })
        sha256 = hash.hex()
    }

    public var extents: [Int] { [1, 1, 2] }

    public func values(at indices: [Int], dequantize: Dequantization, key: RandomKey) -> [Float] {
        indices.flatMap { [points[2 * $0], points[2 * $0 + 1]] }
    }

    /// The true log p of the points at `indices`, nats; nil where the density has no closed form.
    public func exactLogDensities(at indices: [Int]) -> [Double]? {
        let densities = indices.compactMap {
            density.logDensity(Double(points[2 * $0]), Double(points[2 * $0 + 1]))
        }
        return densities.count == indices.count ? densities : nil
    }
}
