import Tensors
import Testing

@testable import Datasets

@Suite struct BatchStreamTests {
    private let dataset = Fixtures.dataset(labels: (0..<50).map { $0 % 5 }, classes: 5)
    private let indices = Array(stride(from: 1, to: 50, by: 2))  // 25 images

    private func stream(
        seed: UInt64 = 1, lane: Int = 0, start: Int = 0, size: Int = 4, prefetch: Int = 3,
        dequantize: Dequantization = .uniform
    ) -> BatchStream {
        BatchStream(
            dataset, indices: indices, batchSize: size, seed: seed, lane: lane, start: start,
            dequantize: dequantize, prefetch: prefetch)
    }

    @Test func everyEpochIsAPermutation() {
        let stream = stream(size: 5)
        let epochs = (0..<3).map { epoch in (0..<5).flatMap { stream.batch(5 * epoch + $0).indices } }
        for epoch in epochs { #expect(epoch.sorted() == indices) }
        #expect(epochs[0] != epochs[1] && epochs[1] != epochs[2])
    }

    @Test(arguments: [4, 25, 60])
    func batchesCrossEpochs(size: Int) {
        let stream = stream(size: size)
        let sequence = (0..<25).flatMap { stream.batch($0).indices }
        for start in stride(from: 0, to: sequence.count - 24, by: 25) {
            #expect(sequence[start..<start + 25].sorted() == indices)
        }
    }

    @Test func aBatchIsAPureFunctionOfItsStep() {
        let reference = (0..<40).map { stream(prefetch: 0).batch($0) }
        let ahead = stream(start: 7)
        for step in [7, 8, 9, 30, 2, 2, 39, 0, 8, 10, 11, 12, 13] {
            #expect(ahead.batch(step) == reference[step])
        }
        #expect(stream(seed: 2).batch(0) != reference[0])
        #expect(stream(lane: 1).batch(0).indices != reference[0].indices)
        #expect(stream(lane: 1).batch(0).images != reference[0].images)
    }

    @Test func contentsBelongToTheIndices() {
        let batch = stream().batch(3)
        #expect(batch.step == 3)
        #expect(batch.labels == batch.indices.map { dataset.labels[$0] })
        let bytes = batch.images.map(Dequantization.byte)
        #expect(bytes == batch.indices.flatMap { dataset.image($0) })
        let centres = stream(dequantize: .centre).batch(3)
        #expect(centres.indices == batch.indices)
        #expect(centres.images == bytes.map { Float($0) / 256 - 0.5 + 1 / 512 })
    }

    @Test func manyCallersAgree() async {
        let shared = stream()
        let reference = (0..<30).map { stream(prefetch: 0).batch($0) }
        await withTaskGroup(of: Bool.self) { group in
            for task in 0..<8 {
                group.addTask {
                    (0..<30).allSatisfy {
                        shared.batch(($0 * (task + 1)) % 30) == reference[($0 * (task + 1)) % 30]
                    }
                }
            }
            for await agreed in group { #expect(agreed) }
        }
    }

    @Test func streamsDroppedInMidFlightLeaveNothingBehind() async throws {
        weak var dropped: BatchStream?
        do {
            let stream = stream(size: 1000, prefetch: 50)
            _ = stream.batch(0)
            dropped = stream
            #expect(dropped != nil)
        }
        #expect(dropped == nil)
    }
}

@Suite struct DequantizationTests {
    private let bytes = (0..<65_536).map { UInt8($0 % 256) }

    @Test func noiseStaysInsideItsBin() {
        let values = Dequantization.uniform.apply(bytes, key: RandomKey(seed: 1, purpose: .dequantization))
        #expect(values.map(Dequantization.byte) == bytes)
        #expect(values.allSatisfy { $0 > -0.5 && $0 < 0.5 })
        // Exact in double too: (x̃ + 0.5)·256 − v is the noise u itself.
        let noise = zip(values, bytes).map { (Double($0) + 0.5) * 256 - Double($1) }
        #expect(noise.allSatisfy { $0 > 0 && $0 < 1 })
        let mean = noise.reduce(0, +) / Double(noise.count)
        let variance = noise.reduce(0) { $0 + ($1 - 0.5) * ($1 - 0.5) } / Double(noise.count)
        // Four standard errors of the mean and of the variance of 65,536 uniform numbers.
        #expect(abs(mean - 0.5) < 4 * 0.2887 / 256)
        #expect(abs(variance - 1 / 12) < 4 * 0.0745 / 256)
        #expect(Set(noise).count > 30_000)
    }

    @Test func noiseDependsOnPositionAndKeyOnly() {
        let key = RandomKey(seed: 1, purpose: .dequantization)
        let all = Dequantization.uniform.apply(bytes, key: key)
        let some = Dequantization.uniform.apply(Array(bytes.prefix(1003)), key: key)
        #expect(Array(all.prefix(1003)) == some)
        #expect(Dequantization.uniform.apply(bytes, key: key.lane(1)) != all)
    }

    @Test func bytesOfAnyNumber() {
        #expect(
            [-Float.infinity, -0.5, -0.499, 0, 0.4999999, 0.5, 9, .nan].map(Dequantization.byte)
                == [0, 0, 0, 128, 255, 255, 255, 0])
    }
}
