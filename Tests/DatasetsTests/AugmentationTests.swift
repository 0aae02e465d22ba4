import Tensors
import Testing

@testable import Datasets

@Suite struct AugmentationTests {
    /// Five images of 6x7 with three channels, every byte another.
    private let images = ImageDataset(
        name: "test", height: 6, width: 7, channels: 3, classNames: ["a", "b"],
        pixels: (0..<5 * 126).map { UInt8(truncatingIfNeeded: $0 * 37 + $0 / 256) }, labels: [0, 1, 0, 1, -1])

    /// The long way: mirror every row, put a border of reflected pixels around, cut the window out.
    private func expected(_ image: [UInt8], mirrored: Bool, down: Int, right: Int, margin: Int) -> [UInt8] {
        var rows = (0..<6).map { y in (0..<7).map { x in Array(image[(y * 7 + x) * 3..<(y * 7 + x) * 3 + 3]) }
        }
        if mirrored { rows = rows.map { Array($0.reversed()) } }
        func bordered<Element>(_ line: [Element]) -> [Element] {
            let before = margin > 0 ? Array(line[1...margin].reversed()) : []
            let after = margin > 0 ? Array(line[(line.count - 1 - margin)..<(line.count - 1)].reversed()) : []
            return before + line + after
        }
        let wide = bordered(rows.map(bordered))
        return (0..<6).flatMap { y in
            (0..<7).flatMap { x in wide[y + margin - down][x + margin - right] }
        }
    }

    @Test func everyDrawIsAMirroredWindowOfTheReflectedImage() {
        let image = Array(images.image(3))
        for mirrored in [false, true] {
            for down in -5...5 {
                for right in -5...5 {
                    let draw = Augmentation.Draw(
                        isMirrored: mirrored, shift: Translation(down: down, right: right))
                    let changed = Augmentation.apply(
                        draw, to: images.image(3), height: 6, width: 7, channels: 3)
                    #expect(
                        changed == expected(image, mirrored: mirrored, down: down, right: right, margin: 5))
                }
            }
        }
    }

    @Test func halfAreMirroredAndAllShiftsAreEquallyLikely() {
        var stream = RandomStream(RandomKey(seed: 3, purpose: .augmentation))
        let draws = (0..<9000).map { _ in Augmentation(flip: true, crop: 1).draw(&stream) }
        // Five standard deviations of a binomial distribution.
        #expect(abs(draws.count(where: \.isMirrored) - 4500) < 5 * 48)
        let shifts = Dictionary(grouping: draws, by: \.shift).mapValues(\.count)
        #expect(shifts.count == 9 && shifts.values.allSatisfy { abs($0 - 1000) < 5 * 30 })
    }

    @Test func withoutChangesTheValuesAreThoseOfTheImages() {
        let key = RandomKey(seed: 1, purpose: .dequantization, step: 4, lane: 9)
        let plain = images.values(at: [4, 0, 2], dequantize: .uniform, key: key)
        let same = AugmentedImages(images, Augmentation()).values(
            at: [4, 0, 2], dequantize: .uniform, key: key)
        #expect(plain == same)
    }

    /// Mirrored pixels must not share their noise: a flow could then give them any density.
    @Test func bytesChangeAndNoiseDoesNot() {
        let key = RandomKey(seed: 1, purpose: .dequantization, step: 4, lane: 9)
        let augmentation = Augmentation(flip: true, crop: 4)
        let values = AugmentedImages(images, augmentation).values(
            at: [1, 3], dequantize: .uniform, key: key)
        var stream = RandomStream(RandomKey(seed: 1, purpose: .augmentation, step: 4, lane: 9))
        let bytes = [1, 3].flatMap { index in
            Augmentation.apply(
                augmentation.draw(&stream), to: images.image(index), height: 6, width: 7, channels: 3)
        }
        #expect(values.map(Dequantization.byte) == bytes)
        #expect(values == Dequantization.uniform.apply(bytes, key: key))
    }

    @Test func aBatchIsAFunctionOfItsStepAlone() {
        let changed = AugmentedImages(images, Augmentation(flip: true, crop: 3))
        func stream(_ start: Int) -> BatchStream {
            BatchStream(changed, indices: [0, 1, 2, 3], batchSize: 4, seed: 2, lane: 7, start: start)
        }
        let whole = stream(0)
        let batches = (0..<6).map { whole.batch($0) }
        #expect(stream(5).batch(5) == batches[5])
        #expect(Set(batches.map(\.images)).count == 6)
        #expect(changed.labels == images.labels && changed.sha256 == images.sha256)
    }
}
