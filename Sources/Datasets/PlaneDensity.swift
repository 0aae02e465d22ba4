import Foundation
import Tensors

/// Densities on the plane that flows and energies are tried on, scaled to lie roughly in [−4, 4]².
/// Shapes and constants follow Grathwohl et al., FFJORD, arXiv:1810.01367 (their `toy_data.py`).
public enum PlaneDensity: String, Sendable, CaseIterable {
    /// Eight isotropic Gaussians on a circle; exact log density.
    case eightGaussians = "eight-gaussians"
    /// Two spiral arms, one a class: the semi-supervised example of Gao et al., CVPR 2020, figure 5.
    case twoSpirals = "two-spirals"
    /// Every other square of a board; exact log density.
    case checkerboard
    case rings
    case pinwheel
    case swissRoll = "swiss-roll"
    case moons

    /// Number of classes that `sample` labels.
    public var classes: Int {
        switch self {
        case .eightGaussians: 8
        case .twoSpirals, .moons: 2
        case .rings: 4
        case .pinwheel: 5
        case .checkerboard, .swissRoll: 1
        }
    }

    /// `count` points `[count, 2]` and their classes `[count]`, drawn uniformly over the classes.
    public func sample(_ count: Int, stream: inout RandomStream) -> (points: [Float], labels: [Int]) {
        var points: [Float] = []
        points.reserveCapacity(2 * count)
        let labels = (0..<count).map { _ in
            let label = stream.below(classes)
            let (x, y) = point(label, &stream)
            points += [Float(x), Float(y)]
            return label
        }
        return (points, labels)
    }

    /// `sample` from the stream (seed, `.density`).
    public func sample(_ count: Int, seed: UInt64) -> (points: [Float], labels: [Int]) {
        var stream = RandomStream(RandomKey(seed: seed, purpose: .density))
        return sample(count, stream: &stream)
    }

    /// Whether ``logDensity(_:_:)`` knows it.
    public var hasExactLogDensity: Bool { logDensity(0, 0) != nil }

    /// log p(x, y) in nats where it is known in closed form: Gaussians and checkerboard (−∞ off its squares).
    public func logDensity(_ x: Double, _ y: Double) -> Double? {
        switch self {
        case .eightGaussians: Self.logEightGaussians(x, y)
        case .checkerboard: Self.onBoard(x, y) ? -log(32) : -Double.infinity
        default: nil
        }
    }

    /// One point of class `label`.
    private func point(_ label: Int, _ stream: inout RandomStream) -> (Double, Double) {
        switch self {
        case .eightGaussians: Self.gaussian(label, &stream)
        case .twoSpirals: Self.spiral(label, &stream)
        case .checkerboard: Self.square(&stream)
        case .rings: Self.ring(label, &stream)
        case .pinwheel: Self.blade(label, &stream)
        case .swissRoll: Self.roll(&stream)
        case .moons: Self.moon(label, &stream)
        }
    }
}

extension PlaneDensity {
    /// Radius 4/√2 and standard deviation 0.5/√2.
    private static let radius = 8.0.squareRoot()
    private static let deviation = 0.125.squareRoot()

    private static func centre(_ label: Int) -> (Double, Double) {
        let angle = Double(label) * .pi / 4
        return (radius * cos(angle), radius * sin(angle))
    }

    private static func gaussian(_ label: Int, _ stream: inout RandomStream) -> (Double, Double) {
        let (x, y) = centre(label)
        let (a, b) = normal(&stream)
        return (x + deviation * a, y + deviation * b)
    }

    private static func logEightGaussians(_ x: Double, _ y: Double) -> Double {
        let variance = deviation * deviation
        let exponents = (0..<8).map { label in
            let (cx, cy) = centre(label)
            return -((x - cx) * (x - cx) + (y - cy) * (y - cy)) / (2 * variance)
        }
        let largest = exponents.max() ?? 0
        let sum = exponents.reduce(0) { $0 + exp($1 - largest) }
        return largest + log(sum / 8) - log(2 * .pi * variance)
    }

    /// A point of [−4, 4)² whose 2×2 square is one of the eight: their indices differ by an even number.
    private static func square(_ stream: inout RandomStream) -> (Double, Double) {
        let column = stream.below(4)
        let row = 2 * stream.below(2) + column % 2
        return (
            2 * (Double(column) + stream.uniform()) - 4, 2 * (Double(row) + stream.uniform()) - 4
        )
    }

    /// Squares hold their edges: a point inside may be rounded onto one.
    private static func onBoard(_ x: Double, _ y: Double) -> Bool {
        guard -4...4 ~= x, -4...4 ~= y else { return false }
        func indices(_ position: Double) -> Set<Int> {
            let squares = (position + 4) / 2
            return Set([Int(squares.rounded(.down)), Int(squares.rounded(.up)) - 1]).intersection(0..<4)
        }
        return indices(x).contains { column in indices(y).contains { (column + $0) % 2 == 0 } }
    }

    /// An arm of one and a half turns, the arc's speed evened out by the square root.
    private static func spiral(_ label: Int, _ stream: inout RandomStream) -> (Double, Double) {
        let angle = stream.uniform().squareRoot() * 3 * .pi
        let sign: Double = label == 0 ? 1 : -1
        let (a, b) = normal(&stream)
        let x = -cos(angle) * angle + 0.5 * stream.uniform()
        let y = sin(angle) * angle + 0.5 * stream.uniform()
        return (sign * x / 3 + 0.1 * a, sign * y / 3 + 0.1 * b)
    }

    private static func ring(_ label: Int, _ stream: inout RandomStream) -> (Double, Double) {
        let angle = 2 * .pi * stream.uniform()
        let radius = 0.75 * Double(label + 1)
        let (a, b) = normal(&stream)
        return (radius * cos(angle) + 0.08 * a, radius * sin(angle) + 0.08 * b)
    }

    /// A Gaussian off the centre, turned the further the larger its distance.
    private static func blade(_ label: Int, _ stream: inout RandomStream) -> (Double, Double) {
        let (a, b) = normal(&stream)
        let (along, across) = (1 + 0.3 * a, 0.1 * b)
        let angle = 2 * .pi * Double(label) / 5 + 0.25 * exp(along)
        return (
            2 * (along * cos(angle) + across * sin(angle)), 2 * (across * cos(angle) - along * sin(angle))
        )
    }

    private static func roll(_ stream: inout RandomStream) -> (Double, Double) {
        let angle = 1.5 * .pi * (1 + 2 * stream.uniform())
        let (a, b) = normal(&stream)
        return ((angle * cos(angle) + a) / 5, (angle * sin(angle) + b) / 5)
    }

    /// Two half circles, interleaved.
    private static func moon(_ label: Int, _ stream: inout RandomStream) -> (Double, Double) {
        let angle = .pi * stream.uniform()
        let (a, b) = normal(&stream)
        let (x, y) = label == 0 ? (cos(angle), sin(angle)) : (1 - cos(angle), 0.5 - sin(angle))
        return (2 * (x + 0.1 * a) - 1, 2 * (y + 0.1 * b) - 0.2)
    }

    /// Two independent standard normal numbers, by Box and Muller.
    private static func normal(_ stream: inout RandomStream) -> (Double, Double) {
        let length = (-2 * log(1 - stream.uniform())).squareRoot()
        let angle = 2 * .pi * stream.uniform()
        return (length * cos(angle), length * sin(angle))
    }
}
