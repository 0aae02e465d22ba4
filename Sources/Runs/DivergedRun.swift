import Foundation
import Networks
import System
import Training

extension RunFiles {
    /// `error`, of a run that diverged in the phase of index `phase`, with the command that begins the phase again at a
    /// tenth of its rates. The phases before it are not trained again.
    package func advised(_ error: UserError, phase: Int, of recipe: Recipe) -> UserError {
        let command = lowerRates(phase: phase, of: recipe)
        let advice = error.advice.map { "\($0), as in" } ?? "lower the phase's rates, as in"
        return UserError(error.kind, error.what, at: error.place, advice: "\(advice): \(command)")
    }

    private func lowerRates(phase: Int, of recipe: Recipe) -> String {
        let overrides = recipe.phases[phase].settings.optimizers.flatMap { key, optimizer in
            ["--set", "phase.\(phase + 1).\(key).rate=\(String(format: "%.3g", optimizer.rate / 10))"]
        }
        let origin = phase > 0 ? ["--from", path] : []
        return shellQuoted(
            ["fce", "train", file("recipe.toml")] + overrides + origin + ["--out", nextPath] + threadWords)
    }

    /// A run directory beside this one that is free: `run-2`, of `run/seed-1` it is `run-2/seed-1`.
    private var nextPath: String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let isSeed = parts.count > 1 && parts.last?.hasPrefix("seed-") == true
        let stem = isSeed ? parts.dropLast().joined(separator: "/") : path
        var number = 2
        func candidate() -> String { "\(stem)-\(number)" + (isSeed ? "/\(parts[parts.count - 1])" : "") }
        while Files.exists(candidate()) { number += 1 }
        return candidate()
    }
}
