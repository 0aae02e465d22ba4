import Evaluation
import Foundation
import Recipes
import Reports
import Runs
import Scores
import System
import Testing
import Training

@testable import Tables

/// The list of what the paper prints agrees with the recipes and the committed results.
@Suite struct PaperCoverageTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    @Test func everyRecipeOfTheListIsThereAndEveryCellIsAccountedFor() {
        let recipes = Set(BuiltInRecipe.all.filter { $0.kind == .recipe }.map(\.name))
        for cell in PaperCell.all {
            let named = cell.here + [cell.recipe].compactMap(\.self)
            #expect(Set(named).isSubset(of: recipes), "\(cell.place), \(cell.row): \(named)")
            #expect(named.isEmpty != (cell.missing == nil), "\(cell.place), \(cell.row), \(cell.column)")
            if case .picture(let path?) = cell.measure {
                #expect(Files.exists("\(Self.root)/\(path)"), "\(path)")
            }
        }
    }

    /// A recipe that quotes the paper is in the list, beside the same number.
    @Test func everyNumberThatARecipeQuotesIsInTheList() throws {
        for built in BuiltInRecipe.all where built.kind == .recipe {
            let recipe = try Recipe.load(built.path)
            guard let paper = recipe.report.paper, paper.cell.contains("full SVHN") || built.folder == "svhn"
            else {
                continue
            }
            let text = fixed(paper.value, 2) + (paper.sd > 0 ? " ± " + fixed(paper.sd, 2) : "")
            let printed = PaperCell.all.filter { cell in
                let rest = cell.printed.dropFirst(text.count)
                return cell.printed.hasPrefix(text) && (rest.isEmpty || rest.hasPrefix(" ±"))
            }
            #expect(!printed.isEmpty, "\(built.name): \(paper.cell), \(text)")
            let isStudy = ["base", "gate", "draws"].contains { built.name.contains($0) }
            #expect(
                isStudy || printed.contains { $0.recipe == built.name || $0.here.contains(built.name) },
                "\(built.name) makes \(paper.cell), but the list does not name it")
        }
    }

    @Test(.enabled(if: Files.isFolder("\(root)/Results"), "there are no committed results"))
    func theDocumentIsMadeOfTheCommittedResults() throws {
        let coverage = try PaperCoverage(results: "\(Self.root)/Results")
        let made = coverage.markdown.replacing("\(Self.root)/", with: "")
        let written = try String(contentsOfFile: "\(Self.root)/Docs/coverage.md", encoding: .utf8)
        #expect(made == written, "make it again: fce reproduce --paper > Docs/coverage.md")
    }

    @Test func aNumberIsTheMeanOverSeedsOfTheRecipesOwnResults() throws {
        let folder = NSTemporaryDirectory() + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func write(_ folder: String, _ error: Double, seed: Int, protocolHash: String) throws {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            var result = result("svhn10k/500-fce", seed: seed, error: error)
            result.protocolHash = protocolHash
            let bytes = try JSONEncoder().encode(result)
            try bytes.write(to: URL(filePath: "\(folder)/500-fce-seed-\(seed).json"))
        }
        let today = try Recipe.load("builtin:svhn10k/500-fce").protocolHash
        for seed in 1...3 { try write("\(folder)/old", 0.5, seed: seed, protocolHash: "other") }
        try write("\(folder)/new", 0.25, seed: 1, protocolHash: today)
        try write("\(folder)/new", 0.35, seed: 2, protocolHash: today)
        let cell = try #require(PaperCell.all.first { $0.row == "FCE, Conv-small" })
        let coverage = try PaperCoverage(results: folder, cells: [cell])
        let figure = try #require(coverage.entries[0].figures.first)
        #expect(figure.isCurrent && figure.seeds == 2 && figure.folder == "\(folder)/new")
        #expect(abs(figure.mean - 30) < 1e-9 && coverage.markdown.contains("30.00 ± 7.07"))
        // Results of one recipe by two protocols are two figures, not seeds of one.
        try write("\(folder)/new", 0.75, seed: 2, protocolHash: "other")
        let mixed = try PaperCoverage(results: folder, cells: [cell])
        let own = try #require(mixed.entries[0].figures.first)
        #expect(own.isCurrent && own.seeds == 1 && abs(own.mean - 25) < 1e-9)
        try FileManager.default.removeItem(atPath: "\(folder)/new")
        let old = try PaperCoverage(results: folder, cells: [cell])
        #expect(old.markdown.contains("[50.00 ± 0.00*]"))
    }
}
