import RealModule
import Tensors

extension ReferenceBackend {
    public func adamStep(_ state: OptimizerState, _ rule: AdamRule) {
        let correction1 = rule.correctsBias ? 1 - Double.pow(rule.beta1, rule.step) : 1
        let correction2 = rule.correctsBias ? 1 - Double.pow(rule.beta2, rule.step) : 1
        step(state) { parameter, gradient, first, second in
            first = rule.beta1 * first + (1 - rule.beta1) * gradient
            second = rule.beta2 * second + (1 - rule.beta2) * gradient * gradient
            let deviation = (second / correction2).squareRoot()
            parameter -= rule.rate * (first / correction1) / (deviation + rule.epsilon)
        }
    }

    public func adamaxStep(_ state: OptimizerState, _ rule: AdamRule) {
        var rate = rule.rate / (1 - Double.pow(rule.beta1, rule.step))
        if rule.glowCorrection { rate *= (1 - Double.pow(rule.beta2, rule.step)).squareRoot() }
        step(state) { parameter, gradient, first, second in
            first = rule.beta1 * first + (1 - rule.beta1) * gradient
            second = max(rule.beta2 * second, abs(gradient))
            parameter -= rate * first / (second + rule.epsilon)
        }
    }

    /// Applies `update(parameter, gradient, first moment, second moment)` to every element in place.
    private func step(
        _ state: OptimizerState, _ update: (inout Double, Double, inout Double, inout Double) -> Void
    ) {
        var parameters = doubles(state.parameters)
        var (first, second) = (doubles(state.first), doubles(state.second))
        for (i, gradient) in doubles(state.gradient).enumerated() {
            update(&parameters[i], gradient, &first[i], &second[i])
        }
        store(parameters, in: state.parameters)
        store(first, in: state.first)
        store(second, in: state.second)
    }
}
