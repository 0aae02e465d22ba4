import EnergyModels
import Gradients
import Methods
import RealModule
import Tensors
import TestSupport
import Testing

@Suite("Flow contrast") struct FlowContrastTests {
    private let backend = ReferenceBackend()

    private func sigmoid(_ x: Double) -> Double { 1 / (1 + Double.exp(-x)) }

    @Test("V is eq. 12 with ν samples a datum", arguments: [1.0, 2.0])
    func value(_ negatives: Double) {
        let tape = Tape(backend)
        let (data, samples) = ([0.3, -1.2, 2.0], [0.5, -0.7])
        let v = contrastValue(
            data: tape.constant(backend.tensor(data, [3], .float64)),
            samples: tape.constant(backend.tensor(samples, [2], .float64)), negatives: negatives)
        let first = data.reduce(0) { $0 + Double.log(sigmoid($1)) } / 3
        let second = samples.reduce(0) { $0 + Double.log(1 - sigmoid($1)) } / 2
        expectClose([backend.scalar(v.value)], [first + negatives * second], relative: 1e-12)
    }

    @Test("At d = 0 the value is −log 4; at |d| = 10⁴ it is finite with gradient at most 1")
    func extremes() {
        let tape = Tape(backend)
        let zero = tape.constant(backend.zeros([2], .float64))
        expectClose(
            [backend.scalar(contrastValue(data: zero, samples: zero).value)], [-Double.log(4)],
            relative: 1e-12)
        let data = tape.variable(backend.tensor([-12_414.0, 12_414], [2], .float64))
        let v = contrastValue(data: data, samples: zero)
        #expect(backend.scalar(v.value).isFinite)
        tape.backward(from: v)
        expectClose(backend.doubles(data.gradient!), [0.5, 0], absolute: 1e-12)
    }

    @Test("The swapped-label loss has gradient where V has none")
    func nonSaturating() {
        func gradient(_ objective: FlowObjective) -> Double {
            let tape = Tape(backend)
            let samples = tape.variable(backend.tensor([-30.0], [1], .float64))
            let data = tape.constant(backend.tensor([30.0], [1], .float64))
            tape.backward(from: objective.loss(data: data, samples: samples))
            return abs(backend.doubles(samples.gradient!)[0])
        }
        #expect(gradient(.value) < 1e-10)
        #expect(gradient(.nonSaturating) > 0.99)
    }

    @Test("Accuracy counts ties for neither side")
    func statistics() {
        let s = ContrastStatistics(data: [1, 25, -1, 0], samples: [-1, -30, 0, 2])
        #expect(s.accuracy == 0.5)
        #expect(s.meanOnData == 6.25)
        #expect(s.saturated == 0.25)
        #expect(ContrastStatistics(data: [-1e4, -1e4], samples: [-1e4, -1e4]).accuracy == 0.5)
    }

    @Test("Cross-entropy and entropy of known posteriors")
    func labelTerms() {
        let tape = Tape(backend)
        let logits = tape.constant(backend.tensor([0.0, 0, 0, 100], [2, 2], .float64))
        let labels = tape.constant(backend.oneHot([0, 1], classes: 2))
        let posterior = logits.logSoftmax()
        expectClose(
            [backend.scalar(crossEntropy(posterior, oneHot: labels).value)], [Double.log(2) / 2],
            relative: 1e-12)
        expectClose([backend.scalar(meanEntropy(posterior).value)], [Double.log(2) / 2], relative: 1e-9)
    }

    @Test("The gate follows the smoothed accuracy, caps turns and gives ties to the energy model")
    func gate() {
        var gate = Gate(high: 0.6, low: 0.4, smoothing: 0.5, cap: 3)
        let update1 = gate.record(0.5)
        #expect(!update1)
        let update2 = gate.record(0.9)  // average 0.7 > 0.6
        #expect(update2)
        #expect(gate.turn == .flow)
        let update3 = gate.record(0.5)  // 0.6
        #expect(!update3)
        let update4 = gate.record(0.45)  // 0.525
        #expect(!update4)
        let update5 = gate.record(0.6)  // third update of the turn: capped
        #expect(update5)
        #expect(gate.turn == .energy)
        var printed = GateSettings()
        (printed.smoothing, printed.cap) = (0, 0)
        gate = printed.gate
        let isHeld = (0..<10_000).allSatisfy { _ in !gate.record(0.4) }
        #expect(isHeld && gate.turn == .energy, "the accuracy alone gives the turn")
        let above = gate.record(0.51)
        #expect(above && gate.turn == .flow)
        let isKept = (0..<10_000).allSatisfy { _ in !gate.record(0.95) }
        #expect(isKept && gate.turn == .flow)
        let below = gate.record(0.49)
        #expect(below && gate.turn == .energy)
        var saturated = Gate(smoothing: 0)
        saturated.record(0.9)
        #expect(saturated.turn == .flow)
        saturated.record(0.5)
        #expect(saturated.turn == .energy)
    }
}
