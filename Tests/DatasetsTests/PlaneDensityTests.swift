import Foundation
import Testing

@testable import Datasets

@Suite struct PlaneDensityTests {
    @Test(arguments: PlaneDensity.allCases)
    func samplesAreReproducibleAndInside(density: PlaneDensity) {
        let (points, labels) = density.sample(4000, seed: 1)
        #expect(points.count == 8000 && labels.count == 4000)
        #expect(density.sample(4000, seed: 1).points == points)
        #expect(density.sample(4000, seed: 2).points != points)
        #expect(Set(labels) == Set(0..<density.classes))
        let largest = points.map(abs).max() ?? 0
        #expect(largest > 2 && largest < 5, "\(largest)")
        let counts = (0..<density.classes).map { label in labels.count { $0 == label } }
        let expected = 4000 / Double(density.classes)
        #expect(counts.allSatisfy { abs(Double($0) - expected) < 5 * expected.squareRoot() })
    }

    @Test(arguments: [PlaneDensity.eightGaussians, .checkerboard])
    func exactDensitiesIntegrateToOne(density: PlaneDensity) throws {
        let step = 0.05
        var total = 0.0
        for row in 0..<240 {
            for column in 0..<240 {
                let (x, y) = (-6 + step * (Double(column) + 0.5), -6 + step * (Double(row) + 0.5))
                total += exp(try #require(density.logDensity(x, y))) * step * step
            }
        }
        #expect(abs(total - 1) < 1e-6)
    }

    /// Counts in the cells of a grid follow the density, so `sample` and `logDensity` describe one thing.
    @Test(arguments: [PlaneDensity.eightGaussians, .checkerboard])
    func samplesFollowTheDensity(density: PlaneDensity) throws {
        let count = 40_000
        let (points, _) = density.sample(count, seed: 5)
        var observed = [Int](repeating: 0, count: 256)
        for i in 0..<count {
            let (x, y) = (Double(points[2 * i]), Double(points[2 * i + 1]))
            guard abs(x) < 4, abs(y) < 4 else { continue }
            observed[Int((y + 4) * 2) * 16 + Int((x + 4) * 2)] += 1
        }
        var statistic = 0.0
        var cells = 0
        var strays = 0
        for cell in 0..<256 {
            var mass = 0.0
            for i in 0..<400 {
                let x = Double(cell % 16) / 2 - 4 + (Double(i % 20) + 0.5) / 40
                let y = Double(cell / 16) / 2 - 4 + (Double(i / 20) + 0.5) / 40
                mass += exp(try #require(density.logDensity(x, y))) / 1600
            }
            let expected = mass * Double(count)
            if expected == 0 { strays += observed[cell] }
            guard expected >= 5 else { continue }
            statistic += (Double(observed[cell]) - expected) * (Double(observed[cell]) - expected) / expected
            cells += 1
        }
        #expect(strays == 0)
        // Five standard deviations of χ².
        #expect(statistic < Double(cells) + 5 * (2 * Double(cells)).squareRoot(), "\(statistic) of \(cells)")
    }

    @Test func onlyExactDensitiesAreGiven() {
        #expect(PlaneDensity.twoSpirals.logDensity(0, 0) == nil)
        #expect(PlaneDensity.checkerboard.logDensity(-3, -1) == -Double.infinity)
        #expect(PlaneDensity.checkerboard.logDensity(-3, -3) == -log(32))
    }

    /// By hand: at a centre its own Gaussian alone counts, 1/8 of 1/(2π/8); in the middle all eight do, each e^−32 of that.
    @Test func eightGaussiansHaveTheirDensity() throws {
        let centre = try #require(PlaneDensity.eightGaussians.logDensity(8.0.squareRoot(), 0))
        #expect(abs(centre + log(2 * .pi)) < 1e-7)
        let middle = try #require(PlaneDensity.eightGaussians.logDensity(0, 0))
        #expect(abs(middle - (-32 - log(2 * .pi / 8))) < 1e-12)
    }

    /// A point may be rounded onto the edge of its square, where its density must not vanish.
    @Test(arguments: [(-4.0, -4.0), (4, 4), (-2, -3), (0, 0), (2, 3), (2, 1)])
    func squaresHoldTheirEdges(x: Double, y: Double) {
        #expect(PlaneDensity.checkerboard.logDensity(x, y) == -log(32))
    }

    @Test func exactDensitiesOfPointsAreThoseOfTheirPlaces() throws {
        let set = PointDataset(.eightGaussians, count: 5, seed: 2)
        let exact = try #require(set.exactLogDensities(at: [3, 1]))
        let expected = [3, 1].map {
            set.density.logDensity(Double(set.points[2 * $0]), Double(set.points[2 * $0 + 1]))
        }
        #expect(exact == expected && exact.count == 2)
        #expect(PointDataset(.moons, count: 5, seed: 2).exactLogDensities(at: [0]) == nil)
        #expect(PlaneDensity.allCases.filter(\.hasExactLogDensity) == [.eightGaussians, .checkerboard])
    }

    @Test func spiralArmsMirrorEachOther() {
        let (points, labels) = PlaneDensity.twoSpirals.sample(20_000, seed: 3)
        func mean(_ label: Int, _ axis: Int) -> Float {
            let values = labels.indices.filter { labels[$0] == label }.map { points[2 * $0 + axis] }
            return values.reduce(0, +) / Float(values.count)
        }
        for axis in 0..<2 { #expect(abs(mean(0, axis) + mean(1, axis)) < 0.1) }
        #expect(abs(mean(0, 0)) + abs(mean(0, 1)) > 0.3)
    }
}
