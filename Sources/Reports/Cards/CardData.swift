import EnergyModels
import Runs
import Scores
import System
import Training

/// The header that Hugging Face's site reads, and what is known of the data.
extension ModelCard {
    /// YAML between two lines of dashes.
    var frontMatter: String {
        var lines = ["library_name: flowcontrast"]
        if isClassifier, recipe.data.source != .plane { lines.append("pipeline_tag: image-classification") }
        lines += ["tags:", "- energy-based-model", "- flow-contrastive-estimation"]
        if result.labels > 0 { lines.append("- semi-supervised-learning") }
        if let id = knownData?.id { lines += ["datasets:", "- \(id)"] }
        return (["---"] + lines + modelIndex + ["---"]).joined(separator: "\n")
    }

    private var modelIndex: [String] {
        guard isClassifier, let error = result.scores[.testError] else { return [] }
        return [
            "metrics:", "- accuracy", "model-index:", "- name: \(yamlQuoted(recipe.name))", "  results:",
            "  - task:",
            "      type: image-classification", "    dataset:", "      name: \(yamlQuoted(result.dataName))",
            "      type: \(yamlQuoted(knownData?.id ?? recipe.data.source.rawValue))", "    metrics:",
            "    - type: accuracy", "      value: \(fixed(100 * (1 - error), 2))",
        ]
    }

    var data: String {
        let held = result.heldOutCount ?? 0
        let rows = [
            ("data", result.dataName), ("training examples", grouped(header.data.train)),
            ("of them labelled", grouped(result.labels)), ("of them held out", grouped(held)),
            ("test examples", grouped(result.testCount)), ("which are labelled", result.splitRule),
            ("classes", classNames), ("SHA-256 of the training data", result.dataSHA256),
        ]
        let licence =
            knownData?.licence
            ?? "The licence of these data is not known to the program: who publishes the weights must name it."
        return "## Data\n\n" + table(["what", "value"], rows.map { [$0.0, $0.1] }) + "\n\n" + licence
    }

    private var classNames: String {
        let count = recipe.energy.classes
        guard count > 1 else { return "none" }
        let names = (0..<min(count, 20)).map(header.className).joined(separator: ", ")
        return count > 20 ? "\(names) and \(count - 20) more" : names
    }

    /// A public data set has a name on Hugging Face, and terms on which it may be used; nil for other data.
    private var knownData: (id: String, licence: String)? {
        switch recipe.data.source {
        case .svhn:
            (
                "ufldl-stanford/svhn",
                "SVHN is for non-commercial use only (http://ufldl.stanford.edu/housenumbers)."
            )
        case .fashionMNIST: ("zalando-datasets/fashion_mnist", "Fashion-MNIST is under the MIT licence.")
        case .cifar10:
            (
                "uoft-cs/cifar10",
                "CIFAR-10's authors state no licence (https://www.cs.toronto.edu/~kriz/cifar.html)."
            )
        case .imageFolder, .csv, .npz, .plane, .synthetic: nil
        }
    }
}
