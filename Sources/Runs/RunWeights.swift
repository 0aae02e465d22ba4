import Evaluation
import Foundation
import Recipes
import Scores
import System
import Training

// Which weights a run should have, which of them are gone, and what can be done about that.

extension RunFiles {
    /// The weights at the end of a phase.
    public func weights(phaseIndex: Int, name: String) -> String {
        "\(checkpoints)/weights-\(phaseIndex)-\(name).safetensors"
    }

    package func weights(_ phase: Int, of recipe: Recipe) -> String {
        weights(phaseIndex: phase, name: recipe.phases[phase].kind)
    }

    package func hasWeights(_ phase: Int, of recipe: Recipe) -> Bool {
        Files.exists(weights(phase, of: recipe))
    }

    /// How many phases have ended, by all that the run has written: its result, scores, checkpoints and weights.
    package func endedPhases(of recipe: Recipe) -> Int {
        if exists("result.json") { return recipe.phases.count }
        let scored = (try? evaluation())?.phases.count ?? 0
        let begun = states.last?.phaseIndex ?? 0
        let kept = recipe.phases.indices.last { hasWeights($0, of: recipe) }.map { $0 + 1 } ?? 0
        return min(recipe.phases.count, max(scored, begun, kept))
    }

    /// Whether `--resume` would make the weights of a finished run again that are gone: those of the last phase in any
    /// case, those of an earlier one where the state is there with which the next phase began.
    package func canMakeWeightsAgain(of recipe: Recipe) -> Bool {
        recipe.phases.indices.contains { phase in
            !hasWeights(phase, of: recipe)
                && (phase == recipe.phases.count - 1 || states.contains(StateName(startOf: phase + 1)))
        }
    }

    /// The error for weights of a phase that has ended, which says what makes them again.
    package func missingWeights(_ phase: Int, of recipe: Recipe) -> UserError {
        let canBeMade =
            states.contains(StateName(startOf: phase + 1)) || phase == endedPhases(of: recipe) - 1
        return UserError(
            .missing,
            "the weights at the end of phase \(phase + 1) (\(recipe.phases[phase].kind)) are gone",
            at: weights(phase, of: recipe),
            advice: canBeMade
                ? "make them again: \(resumeCommand)"
                : "restore the file from a copy, or train the run again in another --out")
    }

    /// What anyone types in the same working directory to go on with the run; its own recipe says all of the rest.
    package var resumeCommand: String {
        shellQuoted(["fce", "train", file("recipe.toml"), "--out", path] + threadWords + ["--resume"])
    }

    /// `--threads` as the run has it: its numbers depend on it.
    package var threadWords: [String] {
        (try? header()).map { ["--threads", String($0.machine.threads)] } ?? []
    }
}

extension SafetensorsFile {
    /// The weights in a full checkpoint, as a phase's end writes them.
    package var weightsAlone: SafetensorsFile {
        var file = SafetensorsFile()
        file.tensors = tensors.filter { name, _ in
            !name.contains(".optimizer.") && !name.hasPrefix("ensemble.") && name != "chains"
        }
        file.metadata = metadata.filter { TrainingState.isMetadataOfWeights($0.key) }
        return file
    }
}

extension RunDirectory {
    /// Makes weights of ended phases again that are gone, each from the state with which the next phase began. A notice
    /// says which, and which cannot be made.
    package func makeWeightsAgain(before phase: Int) throws {
        let scores = (try? files.evaluation().phases) ?? []
        for index in 0..<min(phase, scores.count) where !files.hasWeights(index, of: recipe) {
            let name = StateName(startOf: index + 1).name
            guard let file = try? SafetensorsFile(path: "\(files.checkpoints)/\(name)"),
                file.metadata["recipeHash"] == recipe.hash
            else {
                notices.append("\(files.weights(index, of: recipe)) is gone, and \(name) to make it from")
                continue
            }
            let seconds = TrainingState.phaseSeconds(in: file).prefix(index + 1)
            try saveWeights(
                file.weightsAlone,
                at: RunPosition(
                    phaseIndex: index, phase: recipe.phases[index].kind, step: scores[index].steps,
                    seconds: seconds.reduce(0, +)))
            notices.append("\(files.weights(index, of: recipe)) was gone: made again from \(name)")
        }
    }
}
