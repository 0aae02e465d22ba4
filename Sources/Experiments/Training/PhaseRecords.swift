import Foundation

// What is written down when a phase ends.

extension RunEvaluation.Phase {
    /// The scores by the names of `metrics.jsonl`.
    var measures: Measures {
        var measures: Measures = [:]
        measures["heldOutError"] = heldOutError
        measures["testError"] = testError
        measures["testNLL"] = testNLL
        measures["bpdTest"] = flowBitsPerDim
        measures["bpdBoundTest"] = boundBitsPerDim
        return measures.merging(logDensityErrors.measures) { $1 }
    }

    /// A line for whoever watches.
    var summary: String {
        var parts = ["\(name): \(steps) updates in \(Int(seconds.rounded())) s"]
        if let testError { parts.append("test error \(percent(testError))") }
        if let heldOutError { parts.append("held-out error \(percent(heldOutError))") }
        if let flowBitsPerDim { parts.append("flow \(rounded(flowBitsPerDim)) bits/dim") }
        if let boundBitsPerDim { parts.append("at most \(rounded(boundBitsPerDim)) bits/dim") }
        for case (let model, let error?) in [("flow", flowLogDensityMSE), ("EBM", energyLogDensityMSE)] {
            parts.append("log-density MSE of the \(model) \(String(format: "%.4f", error)) nats²")
        }
        return parts.joined(separator: ", ")
    }
}

extension RunResult {
    /// Adds what the phases came to: the last one's numbers are the run's.
    ///
    /// - Parameters:
    ///   - predictions: of the test images; nil for runs that classify nothing.
    ///   - heldOut: of the held-out training images; nil without any.
    mutating func add(_ scores: [RunEvaluation.Phase], _ predictions: Predictions?, heldOut: Predictions?) {
        phases = scores.map {
            Phase(
                name: $0.name, testError: $0.testError, testNLL: $0.testNLL,
                heldOutError: $0.heldOutError, flowBitsPerDim: $0.flowBitsPerDim,
                flowLogDensityMSE: $0.flowLogDensityMSE, energyLogDensityMSE: $0.energyLogDensityMSE,
                steps: $0.steps, seconds: $0.seconds)
        }
        for score in scores {
            steps[score.name, default: 0] += score.steps
            phaseSeconds[score.name, default: 0] += score.seconds
        }
        errors = predictions.map { Self.bitmap(of: $0.wrong) }
        heldOutError = heldOut?.errorRate
        heldOutErrors = heldOut.map { Self.bitmap(of: $0.wrong) }
        guard let last = scores.last else { return }
        (testError, testNLL, ece) = (last.testError, last.testNLL, last.ece)
        (brier, scaling) = (last.brier, last.scaling)
        (flowBitsPerDim, energyBitsPerDim) = (last.flowBitsPerDim, last.energyBitsPerDim)
        (normalizedBitsPerDim, logZ) = (last.normalizedBitsPerDim, last.logZ)
        boundBitsPerDim = last.boundBitsPerDim
        (flowLogDensityMSE, energyLogDensityMSE) = (last.flowLogDensityMSE, last.energyLogDensityMSE)
    }
}

/// "12.34 %" of 0.1234.
func percent(_ share: Double) -> String { rounded(100 * share) + " %" }
private func rounded(_ value: Double) -> String { String(format: "%.2f", value) }
