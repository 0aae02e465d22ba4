import Tensors
import TestSupport
import Testing

@Suite("Random streams")
struct RandomStreamTests {
    /// Random123's kat_vectors. ``RandomKey`` cannot express their counters (the third word is a purpose), so they
    /// vouch for the implementation below, to which the product's is then compared.
    @Test func independentImplementationGivesKnownAnswers() {
        #expect(philox([0, 0, 0, 0], [0, 0]) == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8])
        #expect(
            philox([.max, .max, .max, .max], [.max, .max])
                == [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd])
        #expect(
            philox([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0])
                == [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1])
    }

    @Test(arguments: RandomPurpose.allCases)
    func blocksArePhilox(purpose: RandomPurpose) {
        let key = RandomKey(
            seed: 0x299f_31d0_a409_3822, purpose: purpose, step: 0x85a3_08d3, lane: 0x0370_7344)
        let (a, b, c, d) = key.block(0x243f_6a88)
        let counter = [0x243f_6a88, 0x85a3_08d3, purpose.rawValue, 0x0370_7344]
        #expect([a, b, c, d] == philox(counter, [0xa409_3822, 0x299f_31d0]))
    }

    @Test func uniformNumbersAreUniform() {
        var stream = RandomStream(RandomKey(seed: 7, purpose: .noise))
        var counts = [Int](repeating: 0, count: 16)
        let draws = (0..<32_000).map { _ in stream.uniform() }
        for draw in draws { counts[Int(draw * 16)] += 1 }
        // χ² with 15 degrees of freedom: above 37.7 with probability 0.001
        let chiSquared = counts.reduce(0) { $0 + Double(($1 - 2000) * ($1 - 2000)) / 2000 }
        #expect(chiSquared < 37.7)
        // The mean's standard deviation is 1/√(12·32000) = 0.0016
        #expect(abs(draws.reduce(0, +) / 32_000 - 0.5) < 0.005)
        #expect(draws.allSatisfy { $0 >= 0 && $0 < 1 })
    }

    @Test(arguments: [1, 2, 3, 10, 1000])
    func boundedIntegersStayBelowAndReachEveryValue(bound: Int) {
        var stream = RandomStream(RandomKey(seed: 3, purpose: .batchOrder))
        let draws = (0..<20 * bound).map { _ in stream.below(bound) }
        #expect(draws.allSatisfy { (0..<bound).contains($0) })
        // Each value is missed with probability e^-20.
        #expect(Set(draws).count == bound)
    }

    @Test(arguments: [0, 1, 2, 17, 1000])
    func permutationsArePermutations(count: Int) {
        var stream = RandomStream(RandomKey(seed: 5, purpose: .split))
        let first = stream.permutation(count)
        #expect(first.sorted() == Array(0..<count))
        if count > 10 { #expect(stream.permutation(count) != first) }
    }

    @Test func everyPermutationOfThreeIsEquallyLikely() {
        var counts: [[Int]: Int] = [:]
        var stream = RandomStream(RandomKey(seed: 11, purpose: .split))
        for _ in 0..<6000 { counts[stream.permutation(3), default: 0] += 1 }
        #expect(counts.count == 6)
        // Binomial(6000, 1/6): mean 1000, sd 29
        #expect(counts.values.allSatisfy { abs($0 - 1000) < 130 })
    }

    @Test func streamsDifferByEveryPartOfTheirKey() {
        let base = RandomKey(seed: 1, purpose: .sample, step: 2, lane: 3)
        let others = [
            RandomKey(seed: 2, purpose: .sample, step: 2, lane: 3),
            RandomKey(seed: 1 << 32 | 1, purpose: .sample, step: 2, lane: 3),
            RandomKey(seed: 1, purpose: .noise, step: 2, lane: 3),
            RandomKey(seed: 1, purpose: .sample, step: 3, lane: 3), base.lane(4),
        ]
        let first = ([base] + others).map { key in
            var stream = RandomStream(key)
            return stream.next()
        }
        #expect(Set(first).count == first.count)
    }
}

/// Philox4x32-10 after Salmon et al. 2011, section 3.3, written apart from the product's.
private func philox(_ counter: [UInt32], _ key: [UInt32]) -> [UInt32] {
    var (counter, key) = (counter, key)
    for round in 0..<10 {
        if round > 0 { key = [key[0] &+ 0x9E37_79B9, key[1] &+ 0xBB67_AE85] }
        let left = counter[0].multipliedFullWidth(by: 0xD251_1F53)
        let right = counter[2].multipliedFullWidth(by: 0xCD9E_8D57)
        counter = [right.high ^ counter[1] ^ key[0], right.low, left.high ^ counter[3] ^ key[1], left.low]
    }
    return counter
}
