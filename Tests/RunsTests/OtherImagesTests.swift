import Datasets
import Foundation
import System
import TestSupport
import Testing

@testable import Benchmarks
@testable import Costs
@testable import Evaluation
@testable import Methods
@testable import Recipes
@testable import Runs
@testable import Tables
@testable import Training

@Suite struct OtherImagesTests {
    @Test(arguments: ["", "cifar10", "=path", "name=", "="])
    func whatIsNeitherBuiltInNorAPathIsRefused(text: String) {
        #expect(OtherImages(text) == nil)
    }

    @Test func aPathMayHoldAnEqualsSign() throws {
        let other = try #require(OtherImages("a=b=c"))
        #expect(other.name == "a" && other.kind == .path("b=c"))
    }

    @Test func noiseIsEvenAndConstantImagesAreOfOneColour() throws {
        let noise = try #require(OtherImages("noise")).images(20, extents: [8, 8, 3])
        #expect(noise.count == 20 && noise.extents == [8, 8, 3])
        // The mean of 3,840 even bytes has an sd of 1.2.
        #expect(abs(mean(noise.pixels.map(Double.init)) - 127.5) < 6)
        #expect(Set(noise.image(0)).count > 100 && noise.image(0) != noise.image(1))
        let constant = try #require(OtherImages("constant")).images(20, extents: [8, 8, 3])
        for index in 0..<20 {
            let image = Array(constant.image(index))
            #expect(image.indices.allSatisfy { image[$0] == image[$0 % 3] })
        }
        #expect(Set((0..<20).map { Array(constant.image($0)) }).count == 20)
    }

    @Test func largeSetsAreThinnedEvenly() throws {
        try withScratch { folder in
            let pixels = (0..<10).flatMap { [UInt8](repeating: UInt8($0), count: 784) }
            let header: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 10, 0, 0, 0, 28, 0, 0, 0, 28]
            try Data(header + pixels).write(to: URL(fileURLWithPath: "\(folder)/images"))
            let other = try #require(OtherImages("shoes=\(folder)/images"))
            let images = try other.images(3, extents: [32, 32, 1])
            #expect(images.name == "shoes" && images.count == 3)
            #expect((0..<3).map { images.image($0).max() } == [0, 3, 6])
            #expect(try other.images(100, extents: [32, 32, 1]).count == 10)
        }
    }
}
