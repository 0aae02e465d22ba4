import Foundation
import Runs
import Testing

@testable import Reports

@Suite struct TextTableTests {
    private func table() throws -> ResultsTable {
        var table = try ResultsTable([
            result("svhn/500-fce-vat", seed: 1, error: 0.25, paper: 20),
            result("svhn/500-fce-vat", seed: 2, error: 0.27, paper: 20),
            result("svhn/500-日本", seed: 1, error: 0.31), result("svhn/500-日本", seed: 2, error: 0.33),
        ])
        table.title = "Digits"
        return table
    }

    @Test(arguments: [40, 80, 120, 200])
    func nothingIsWiderThanTheWindow(width: Int) throws {
        let lines = try table().terminal(width: width).split(separator: "\n")
        #expect(lines.allSatisfy { TerminalText.width($0) <= width })
        #expect(lines.first == "Digits")
    }

    @Test func whatMattersMostStandsFirst() throws {
        let text = try table().terminal(width: 80)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let head = lines[2].split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
        #expect(head.hasPrefix("svhn/ ours, % paper, %"), "\(head)")
        // Aligned, though two characters are two columns wide.
        let ours = TerminalText.width(
            lines[2].prefix(upTo: try #require(lines[2].range(of: "ours, %")).upperBound))
        for (row, error) in [(4, "26.00 ± 1.41 (2)"), (5, "32.00 ± 1.41 (2)")] {
            let end = try #require(lines[row].range(of: error)).upperBound
            #expect(TerminalText.width(lines[row].prefix(upTo: end)) == ours)
        }
        #expect(!text.contains("|") && !text.contains("Made by"))
    }

    @Test func whatAllRowsShareIsSaidOnce() throws {
        let text = try table().terminal(width: 200)
        #expect(
            text.contains("All rows: method fce; labels 0;") || text.contains("All rows: method fce; labels"))
        #expect(!text.split(separator: "\n")[1].contains("method"))
        #expect(!text.contains("No room for"))
    }

    @Test func whatThereIsNoRoomForIsNamed() throws {
        let text = try table().terminal(width: 50)
        let joined = text.replacing("\n", with: " ")
        #expect(joined.contains("No room for:") && joined.contains("`fce table --markdown`"))
        // The name of a row gives way to its error.
        let narrow = TextTable(columns: [
            .init(title: "recipe", isNumeric: false, cells: [String(repeating: "x", count: 60)]),
            .init(title: "ours", isNumeric: true, cells: ["12.34"]),
        ])
        #expect(narrow.written(width: 30).lines[1] == String(repeating: "x", count: 22) + "…  12.34")
    }
}
