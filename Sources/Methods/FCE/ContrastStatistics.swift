import Glibc
import Gradients
import Scores
import Tensors

/// Statistics of d for the gate and for the log.
public struct ContrastStatistics: Sendable, Equatable {
    /// ½(P(d > 0 on data) + P(d < 0 on samples)); a tie counts for neither.
    public let accuracy: Double
    public let meanOnData: Double
    public let meanOnSamples: Double
    /// E_data[log σ(d)] and E_samples[log(1 − σ(d))], the terms of V, nats.
    public let valueOnData: Double
    public let valueOnSamples: Double
    /// Share of |d| > 20, where σ(d) has no gradient left.
    public let saturated: Double

    public init(data: [Double], samples: [Double]) {
        func share(_ values: [Double], _ holds: (Double) -> Bool) -> Double {
            values.isEmpty ? 0 : Double(values.count(where: holds)) / Double(values.count)
        }
        accuracy = (share(data) { $0 > 0 } + share(samples) { $0 < 0 }) / 2
        func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }
        meanOnData = mean(data)
        meanOnSamples = mean(samples)
        valueOnData = mean(data.map { -softplus(-$0) })
        valueOnSamples = mean(samples.map { -softplus($0) })
        saturated = share(data + samples) { abs($0) > 20 }
    }

    /// Of d on data and on samples, float64 `[N]` each.
    package init(_ onData: Variable, _ onSamples: Variable, _ backend: any Backend) {
        self.init(data: backend.doubles(onData.value), samples: backend.doubles(onSamples.value))
    }

    package var measures: Measures {
        [
            .accuracyGate: accuracy, .dData: meanOnData, .dSamples: meanOnSamples, .saturated: saturated,
            .valueData: valueOnData, .valueSamples: valueOnSamples,
        ]
    }
}

/// log(1 + exp x), without overflow.
private func softplus(_ x: Double) -> Double { max(x, 0) + log1p(Glibc.exp(-abs(x))) }
