import CKernels

extension CPUBackend {
    public func adamStep(_ state: OptimizerState, _ rule: AdamRule) {
        let (beta1, beta2) = rule.correctsBias ? decays(rule) : (0, 0)
        let step = coefficients(rule, rate: rule.rate / (1 - beta1), secondScale: 1 / (1 - beta2))
        update(state) { fc_adam_step(step, $0, $1, $2, $3, $4) }
    }

    public func adamaxStep(_ state: OptimizerState, _ rule: AdamRule) {
        let (beta1, beta2) = decays(rule)
        let correction = rule.glowCorrection ? (1 - beta2).squareRoot() : 1
        let step = coefficients(rule, rate: rule.rate * correction / (1 - beta1), secondScale: 1)
        update(state) { fc_adamax_step(step, $0, $1, $2, $3, $4) }
    }

    private func coefficients(_ rule: AdamRule, rate: Double, secondScale: Double) -> fc_adam {
        fc_adam(
            rate: Float(rate), beta1: Float(rule.beta1), beta2: Float(rule.beta2),
            gain1: Float(1 - rule.beta1),
            gain2: Float(1 - rule.beta2), epsilon: Float(rule.epsilon), second_scale: Float(secondScale))
    }

    /// β₁ᵗ and β₂ᵗ.
    private func decays(_ rule: AdamRule) -> (Double, Double) {
        precondition(rule.step > 0, "steps count from 1")
        return (fc_power(rule.beta1, rule.step), fc_power(rule.beta2, rule.step))
    }

    private typealias Vector = UnsafeMutablePointer<Float>

    private func update(_ state: OptimizerState, _ step: (Vector, Vector, Vector, Vector, Int) -> Void) {
        let count = state.parameters.count
        precondition(
            state.gradient.count == count && state.first.count == count && state.second.count == count,
            "optimiser vectors of unequal length")
        policy.forRanges(count, grain: ThreadPolicy.grain) { range in
            let at = range.lowerBound
            step(
                state.parameters.floats + at, state.gradient.floats + at, state.first.floats + at,
                state.second.floats + at, range.count)
        }
    }
}
