import Datasets
import Recipes
import System
import Training

/// What `fce init` says of the images, its choices, and what to do next.
struct InitRecord: Encodable {
    struct Choice: Encodable {
        let name, value: String
        /// Nil where the value says all.
        let reason: String?
    }

    struct Step: Encodable {
        let command, purpose: String
    }

    /// The recipe that was written.
    let file: String
    let name, method, extends: String
    /// What lies there, in words.
    let found: String
    let data: DatasetInspection
    let parts: StartingParts
    let choices: [Choice]
    /// What a user should know about the images, one line each.
    let notices: [String]
    /// Nil where nothing was measured.
    let cost: CostRecord?
    let next: [Step]

    init(_ starting: StartingRecipe, file: String, cost: CostRecord?) {
        let choices = starting.choices
        self.file = file
        (name, method, extends) = (choices.name, choices.method.name, choices.base)
        (found, data, parts, self.cost) = (starting.facts, choices.data, choices.parts, cost)
        self.choices = Self.list(starting)
        notices = choices.data.notices + choices.advice
        next = Self.steps(
            file: file, name: choices.name, seed: starting.recipe.seed, classifies: choices.classifies)
    }

    private static func list(_ starting: StartingRecipe) -> [Choice] {
        let choices = starting.choices
        let steps = starting.recipe.phases.map { "\($0.kind) \($0.steps)" }.joined(separator: ", ")
        return [
            Choice(
                name: "size", value: "\(choices.size) x \(choices.size) x \(choices.channels)",
                reason: choices.sizeReason),
            Choice(name: "method", value: choices.method.name, reason: choices.methodReason),
            Choice(name: "to test", value: "\(choices.parts.test)", reason: choices.testReason),
            Choice(name: "held out", value: "\(choices.parts.heldOut)", reason: choices.heldOutReason),
            Choice(name: "steps", value: steps, reason: choices.lengthReason),
        ]
    }

    private static func steps(file: String, name: String, seed: Int, classifies: Bool) -> [Step] {
        let (recipe, run) = (shellQuoted([file]), shellQuoted(["Runs/\(name)/seed-\(seed)"]))
        return [
            Step(command: "fce recipe check \(recipe)", purpose: "reads it against the images"),
            Step(command: "fce train \(recipe) --smoke", purpose: "runs all of it in seconds"),
            Step(command: "fce train \(recipe)", purpose: "trains; Ctrl-C stops, --resume goes on"),
            Step(command: "fce watch \(run)", purpose: "what it is doing, from another terminal"),
            Step(command: "fce report \(run)", purpose: "the page of results again"),
            Step(
                command: "fce predict \(run) NEW.jpg",
                purpose: classifies ? "classes of new images" : "densities of new images"),
        ]
    }

    func printText() {
        print("\(data.path): \(data.source.rawValue)")
        let pairs = choices.map { ("  " + $0.name, $0.value + ($0.reason.map { ". \($0)" } ?? "")) }
        Console.printPairs([("  found", found)] + pairs + (cost?.lines ?? []))
        for notice in notices { print("note: \(notice)") }
        print("\nwrote \(file). Next:")
        Console.printPairs(next.map { ("  " + $0.command, $0.purpose) })
    }
}
