import Datasets
import Foundation
import Methods
import Schemas
import System
import Training

/// The first recipe for somebody's own images, as commented text and as what the text means.
public struct StartingRecipe: Sendable {
    public let choices: StartingChoices
    public let text: String
    public let recipe: Recipe
    private static let factsMark = "Found: "

    /// - Parameters:
    ///   - choices: what the recipe says.
    ///   - file: what the text will be called: its first lines name it in commands.
    /// - Throws: `UserError(.recipe)` where the choices make no recipe.
    public init(_ choices: StartingChoices, file: String) throws {
        self.choices = choices
        text = choices.text(file: file)
        recipe = try Recipe.parse(text, file: file)
    }

    /// Looks at the images and chooses.
    /// - Throws: `UserError` as reading the data does, `.recipe` for wishes that the images do not allow.
    public init(at place: StartingPath, _ wishes: StartingChoices.Wishes = .init(), file: String) throws {
        let data = try DatasetInspection(at: place.path, source: place.source)
        try self.init(StartingChoices(data, name: place.name, wishes), file: file)
    }

    /// Writes the text, in place of what is there.
    /// - Throws: `UserError(.output)`.
    public func write(to file: String) throws { try AtomicFile.write(text, to: file) }

    /// What was found when `text`, a first recipe, was written; nil where it does not say so any more.
    public static func facts(in text: String) -> String? {
        let mark = "# " + factsMark
        return text.split(whereSeparator: \.isNewline).first { $0.hasPrefix(mark) }.map {
            String($0.dropFirst(mark.count))
        }
    }

    /// What was found now.
    public var facts: String { choices.found }

    fileprivate static func header(_ choices: StartingChoices, _ file: String) -> [String] {
        let word = shellQuoted([file])
        return [
            "\(choices.name): written by `fce init` from what lies in \(choices.data.path). Change what you like.",
            factsMark + choices.found,
            "",
            "fce recipe check \(word)      reads it against the images and predicts the time",
            "fce train \(word) --smoke     runs all of it in seconds, to see that it runs",
            "fce train \(word)             trains, tests and writes a report",
            "fce recipe keys".padding(toLength: 23 + word.count, withPad: " ", startingAt: 0)
                + "explains every key",
        ]
    }
}

extension StartingChoices {
    /// The built-in recipe that this one extends.
    public var base: String {
        switch method {
        case .fce where !classifies: "builtin:cifar10-jpeg/density-fce"
        case .flow: "builtin:svhn10k/base"
        default: "builtin:svhn10k/500-\(method.name)"
        }
    }

    fileprivate func text(file: String) -> String {
        var text = RecipeText()
        for line in StartingRecipe.header(self, file) { text.verbatim(line) }
        text.gap()
        text.set(
            "extends", .string(base),
            "Keys that are not below have the values of this recipe, which is part of the program.")
        text.set("name", .string(name), "Runs are called so: Runs/NAME/seed-1.")
        text.set("method", .string(method.name), methodReason)
        writeData(&text)
        writeModels(&text)
        writeInput(&text)
        writePhases(&text)
        return text.text
    }

    private func writeData(_ text: inout RecipeText) {
        text.table("data")
        text.set("source", .string(data.source.rawValue))
        text.set(
            "directory", .string(data.path),
            "Where the images are, seen from the folder in which fce runs; --data DIR names another place.")
        text.set("name", .string(name), "What tables call the data.")
        if data.source.isResized { text.set("size", .integer(size), sizeReason) }
        if data.source.hasChannels {
            text.set(
                "channels", .integer(channels),
                channels == 1 ? "The images are grey." : "1 would make them grey.")
        }
        text.set(
            "labels", .integer(0),
            classifies
                ? "Every label is used. For N of them in all, set labels = N and all-labels = false."
                : "No labels are used.")
        if classifies { text.set("all-labels", .boolean(true)) }
        text.set("validation", .integer(data.heldOut.count > 0 ? 0 : parts.heldOut), heldOutReason)
        if let testReason { text.set("test-share", .number(StartingParts.testShare), testReason) }
    }

    private func writeModels(_ text: inout RecipeText) {
        text.table("energy", "The classifier, or the density of its classes together.")
        text.set("classes", .integer(classes))
        let usesFlow = method != .vat && method != .supervised
        if scale.isSmall {
            text.set(
                "width", .number(0.25),
                "A factor on the channels of every layer. Twice as many take about 3 times as long.")
        }
        guard usesFlow && scale.isSmall || levels != 3 else { return }
        text.table("flow", "The density that draws the samples.")
        if levels != 3 {
            text.set("levels", .integer(levels), "\(size) pixels can be halved \(levels) times.")
        }
        guard usesFlow && scale.isSmall else { return }
        text.set(
            "blocks", .integer(2), "Steps of flow at each of its scales, and hidden channels of each step.")
        text.set("width", .integer(32))
    }

    private func writeInput(_ text: inout RecipeText) {
        if method.vat != nil && size != Self.triedSize {
            text.table("vat")
            let radius = 0.5 * Double(size) / Double(Self.triedSize)
            text.set(
                "epsilon", .number(radius),
                "The radius within which answers must agree: 0.5 at \(Self.triedSize) pixels, and it grows with the side."
            )
        }
        text.table("evaluate")
        text.set("every", .integer(scale.testInterval), "Steps between tests, for the report's curves.")
    }
}
