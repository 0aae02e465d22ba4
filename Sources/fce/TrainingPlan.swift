import Foundation
import Recipes
import Runs
import System
import Tensors
import Training

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

    init(_ train: Train, _ world: World) throws {
        let argument = try RecipeArgument(train)
        var recipe = argument.recipe
        if let folder = train.data { recipe = try recipe.readingData(in: folder) }
        if train.final { recipe = try recipe.trainingOnEverything() }
        isTemporary = train.smoke && train.out == nil
        root = isTemporary ? NSTemporaryDirectory() + "fce-smoke-\(UUID().uuidString)" : train.out
        let seeds = train.seeds?.seeds ?? [train.seed ?? recipe.seed]
        for seed in seeds {
            recipe.seed = seed
            var run = run(recipe, train, isOneOfSeveral: train.seeds != nil)
            run.options.world = world
            runs.append(run)
        }
        runs[0].notes = argument.notes + runs[0].notes
    }

    private func run(_ recipe: Recipe, _ train: Train, isOneOfSeveral: Bool) -> Run {
        let folder = root ?? "Runs/" + recipe.name.replacing("/", with: "-")
        let isSeedFolder = isOneOfSeveral || root == nil
        var options = ExperimentOptions(out: isSeedFolder ? "\(folder)/seed-\(recipe.seed)" : folder)
        options.resume = train.resume
        options.isKept = !isTemporary
        options.tensorboard = train.tensorboard
        options.isVerbose = train.output.verbose
        options.origin = train.origin
        options.threads = train.threadOptions.threads
        options.precision = train.precision?.precision
        options.lastPhase = train.untilPhase
        options.flows = train.flows ?? (train.smoke ? nil : "Runs/flows")
        options.command = command(recipe, train)
        options.isForecast = !train.output.quiet && !train.smoke
        guard train.smoke else { return Run(recipe: recipe, options: options) }
        let present = recipe.smoke(dataIsPresent: true)
        return Run(
            recipe: present.recipe, options: options, notes: present.summary,
            substitute: recipe.smoke(dataIsPresent: false))
    }

    /// What anyone types to repeat the run, with all that its numbers depend on: not `--flows` and `--from`, which save
    /// time and change no number. It has no folders of this machine: data that lie elsewhere than the recipe says are
    /// named by their folder, with a remark.
    private func command(_ recipe: Recipe, _ train: Train) -> String {
        var words = ["fce", "train", Self.portable(train.recipe), "--seed", String(recipe.seed)]
        for assignment in train.overrides where !Self.namesDirectory(assignment) {
            words += ["--set", assignment]
        }
        let isMoved = train.data != nil || train.overrides.contains(where: Self.namesDirectory)
        let folder = Self.folder(recipe.data.directory)
        if isMoved { words += ["--data", folder] }
        let threads = train.threadOptions.threads ?? Device.standard.availableProcessors
        words += ["--threads", String(threads)]
        if let precision = train.precision, recipe.precision == .auto {
            words += ["--precision", precision.precision.rawValue]
        }
        if let ranks = train.rankOptions.ranks { words += ["--ranks", String(ranks)] }
        if let shards = train.rankOptions.shards { words += ["--shards", String(shards)] }
        if train.final { words.append("--final") }
        if train.smoke { words.append("--smoke") }
        let isHere = folder == recipe.data.directory
        return shellQuoted(words) + (isMoved && !isHere ? "  # \(folder): wherever these data are" : "")
    }

    private static func namesDirectory(_ assignment: String) -> Bool {
        assignment.split(separator: "=")[0].trimmingCharacters(in: .whitespaces) == "data.directory"
    }

    /// A folder below the working directory as it was typed, any other by its name.
    private static func folder(_ path: String) -> String {
        let isBelow = !path.hasPrefix("/") && !path.split(separator: "/").contains("..")
        return isBelow ? path : URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent
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
