import EnergyModels
import Evaluation
import Flows
import Foundation
import Runs
import Scores
import System
import Training

/// A run told to whoever finds its weights: Markdown with the YAML header of Hugging Face's model cards,
/// https://huggingface.co/docs/hub/model-cards.
public struct ModelCard: Sendable {
    let header: RunHeader
    let recipe: Recipe
    let result: RunResult
    let evaluation: RunEvaluation?

    /// - Throws: `UserError(.missing)` when the run has not finished, `.data` when its files are damaged.
    public init(_ run: RunFiles) throws {
        header = try run.header()
        recipe = try run.recipe()
        do {
            result = try run.result()
        } catch let error as UserError where error.kind == .missing {
            throw UserError(
                .missing, "the run has no result.json: it has not finished", at: run.path,
                advice: "finish it with the command that began it and --resume")
        }
        evaluation = try? run.evaluation()
    }

    /// Replaces the file at `path`.
    /// - Throws: `UserError(.output)`.
    public func write(to path: String) throws { try AtomicFile.write(markdown, to: path) }

    /// The whole card.
    public var markdown: String {
        let parts = [
            frontMatter, markdownHeading("\(recipe.name), seed \(recipe.seed)"), summary, use, facts,
            data,
            evaluationPart, limits, origin, citation,
        ]
        return parts.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
    }

    var isClassifier: Bool { recipe.energy.classes > 1 && result.scores[.testError] != nil }

    private var imageSize: String { "\(header.data.height) × \(header.data.width) × \(header.data.channels)" }
    private var isPlane: Bool { recipe.data.source == .plane }

    private var summary: String {
        let what =
            isClassifier
            ? "tells \(recipe.energy.classes) classes of \(isPlane ? "points" : "images") apart"
            : "is a density of \(isPlane ? "points in the plane" : "images")"
        let labels =
            result.labels > 0
            ? " It learnt from \(grouped(result.labels)) labelled examples." : " It learnt without labels."
        return
            "This model \(what)\(isPlane ? "" : " (\(imageSize) bytes each)"). It was trained by the method "
            + "`\(recipe.method.name)` of FlowContrast, energy-based models trained against a flow.\(labels)"
    }

    private var use: String {
        guard !isPlane else { return "" }
        return """
            ## How to use it

            With the run directory and FlowContrast's command line:

                fce predict RUN photo.jpg

            A picture's largest centred square is resized to \(header.data.height) × \(header.data.width). In Python,
            `Examples/load.py` needs NumPy only; `fce export RUN --onnx model.onnx` writes the model for other runtimes.
            """
    }

    private var facts: String {
        let steps = result.phases.map { "\($0.name) \(grouped($0.steps))" }.joined(separator: ", ")
        let rows = [
            ("network", recipe.energy.networkTitle), ("method", recipe.method.name),
            ("base of the energy", recipe.energy.base.rawValue), ("updates", steps),
            ("training time", duration(result.seconds)), ("machine", result.machine),
            ("arithmetic", header.machine.precision), ("recipe's hash", result.recipeHash),
            ("source commit", result.commit),
        ]
        return "## Model\n\n" + table(["what", "value"], rows.map { [$0.0, $0.1] })
    }

    private var limits: String {
        var lines = [
            "The scores hold for images like the test images. What another camera, place or time does to them is unknown.",
            "One training run: another seed gives other errors. A difference between methods needs several.",
        ]
        if isClassifier, result.scores.scaling == nil {
            lines.append(
                "Its confidences were not calibrated: no images were held out to fit a temperature on.")
        }
        if result.scores[.energyBitsPerDim] != nil {
            lines.append(
                "log p(x) is normalised by a trained constant only. Compare values of images, and quote a density "
                    + "with log Z and its effective sample size.")
        }
        lines.append("Nobody has examined it for use in decisions about people.")
        return "## Limits\n\n" + lines.map { "- \($0)" }.joined(separator: "\n")
    }

    private var origin: String {
        """
        ## How it was made

            \(result.command.replacing("\n", with: " "))

        `recipe.toml` in the run directory holds every setting. The outcome is that of the last update
        (\(result.selection)); no test image chose it.
        """
    }

    private var citation: String {
        """
        ## Citation

        R. Gao, E. Nijkamp, D. P. Kingma, Z. Xu, A. M. Dai, Y. N. Wu, *Flow Contrastive Estimation of Energy-Based
        Models*, CVPR 2020, [arXiv:1912.00589](https://arxiv.org/abs/1912.00589).
        """
    }

    /// A Markdown table.
    func table(_ titles: [String], _ rows: [[String]]) -> String {
        ([titles, titles.map { _ in "---" }] + rows.map { $0.map(escapedForMarkdown) })
            .map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
    }
}
