import Foundation
import System
import Tensors

/// Generated images whose class can be seen: gratings of a direction and colour of their class, with random
/// phase, contrast and noise. For smoke runs where the real data are absent.
public struct SyntheticImages: Sendable {
    public var classes = 10
    public var size = 32
    public var channels = 3
    public var trainCount = 64
    public var testCount = 64
    public var seed: UInt64 = 1

    public init() {}

    /// - Throws: `UserError(.recipe)` when a count is not positive.
    public func load() throws(UserError) -> DataPair {
        guard classes > 0, classes <= 1000, (1...1024).contains(size), channels == 1 || channels == 3,
            trainCount > 0, testCount > 0
        else {
            throw UserError(
                .recipe, "synthetic images need positive counts, sizes up to 1024 and 1 or 3 channels",
                advice: "correct the [data] section")
        }
        return DataPair(
            train: images(trainCount, name: "synthetic train", lane: 0),
            test: images(testCount, name: "synthetic test", lane: 1))
    }

    private func images(_ count: Int, name: String, lane: Int) -> ImageDataset {
        // Classes take turns, so that every class is there in small sets.
        let labels = (0..<count).map { $0 % classes }
        var pixels: [UInt8] = []
        for (index, label) in labels.enumerated() {
            var stream = RandomStream(RandomKey(seed: seed, purpose: .sample, step: index, lane: lane))
            pixels += image(label, &stream)
        }
        return ImageDataset(
            name: name, height: size, width: size, channels: channels,
            classNames: (0..<classes).map { "class \($0)" }, pixels: pixels, labels: labels)
    }

    private func image(_ label: Int, _ stream: inout RandomStream) -> [UInt8] {
        let turn = Double(label) / Double(classes)
        let phase = 2 * Double.pi * stream.uniform()
        let contrast = 40 + 40 * stream.uniform()
        let frequency = 6 * Double.pi / Double(size)
        let (dx, dy) = (cos(.pi * turn) * frequency, sin(.pi * turn) * frequency)
        let colour = (0..<channels).map { 1 + cos(2 * .pi * (turn + Double($0) / 3)) }
        var pixels: [UInt8] = []
        for row in 0..<size {
            for column in 0..<size {
                let wave = sin(dx * Double(column) + dy * Double(row) + phase)
                for tint in colour {
                    let value = 110 + tint * 0.5 * contrast * wave + 16 * (stream.uniform() - 0.5)
                    pixels.append(UInt8(max(0, min(255, value))))
                }
            }
        }
        return pixels
    }
}
