import Experiments
import Foundation
import Tensors

/// What one call of `fce train` does: a recipe for each seed, with its run directory.
struct TrainingPlan {
    struct Run {
        var recipe: Recipe
        var options: ExperimentOptions
        /// To print before a smoke run.
        var notes: [String] = []
        /// The smoke run on generated images, for where the recipe's data are missing.
        var substitute: SmokeRecipe?
    }

    private(set) var runs: [Run] = []
    /// Whether the run directories are removed in the end.
    let isTemporary: Bool
    private let root: String?

    init(_ train: Train) throws {
        var recipe = try Recipe.load(train.recipe, overrides: train.overrides)
        if let folder = train.data { recipe = try recipe.readingData(in: folder) }
        isTemporary = train.smoke && train.out == nil
        root = isTemporary ? NSTemporaryDirectory() + "fce-smoke-\(UUID().uuidString)" : train.out
        let seeds = train.seeds?.seeds ?? [train.seed ?? recipe.seed]
        for seed in seeds {
            recipe.seed = seed
            runs.append(run(recipe, train, isOneOfSeveral: train.seeds != nil))
        }
    }

    private func run(_ recipe: Recipe, _ train: Train, isOneOfSeveral: Bool) -> Run {
        let folder = root ?? "Runs/" + recipe.name.replacing("/", with: "-")
        let isSeedFolder = isOneOfSeveral || root == nil
        var options = ExperimentOptions(out: isSeedFolder ? "\(folder)/seed-\(recipe.seed)" : folder)
        options.resume = train.resume
        options.origin = train.origin
        options.threads = train.threadOptions.threads
        options.flows = train.flows ?? (train.smoke ? nil : "Runs/flows")
        options.command = command(train, seed: recipe.seed)
        guard train.smoke else { return Run(recipe: recipe, options: options) }
        let present = recipe.smoke(dataIsPresent: true)
        return Run(
            recipe: present.recipe, options: options, notes: present.summary,
            substitute: recipe.smoke(dataIsPresent: false))
    }

    /// What anyone types to repeat the run: no folders of this machine.
    private func command(_ train: Train, seed: Int) -> String {
        var words = ["fce", "train", Self.portable(train.recipe), "--seed", String(seed)]
        for assignment in train.overrides { words += ["--set", assignment] }
        if let threads = train.threadOptions.threads { words += ["--threads", String(threads)] }
        if train.smoke { words.append("--smoke") }
        return Console.shellQuoted(words)
    }

    /// The path below the working directory, else below its last folder `Recipes`, else its folder and name.
    private static func portable(_ path: String) -> String {
        if RecipeLocation(path).isBuiltIn { return path }
        let file = URL(fileURLWithPath: path).standardizedFileURL.path
        let here =
            URL(fileURLWithPath: FileManager.default.currentDirectoryPath).standardizedFileURL.path + "/"
        if file.hasPrefix(here) { return String(file.dropFirst(here.count)) }
        let parts = file.split(separator: "/")
        let start = parts.lastIndex(of: "Recipes") ?? max(0, parts.count - 2)
        return parts[start...].joined(separator: "/")
    }

    func removeTemporary() {
        if isTemporary, let root { try? FileManager.default.removeItem(atPath: root) }
    }
}
