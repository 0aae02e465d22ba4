import ArgumentParser
import Foundation
import Testing

@testable import fce

/// What the pages for users say about files and commands is true of this checkout.
@Suite struct DocumentationTests {
    private static let pages =
        ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"] + markdown(below: ["Docs", "Results", "Benchmarks"])
    /// The pages whose commands a reader is meant to type.
    private static let guides =
        ["README.md", "CONTRIBUTING.md", "Benchmarks/README.md"] + markdown(below: ["Docs"])

    @Test(arguments: pages)
    func linksLeadSomewhere(page: String) throws {
        for link in try Page(page).links {
            let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(
                String.init)
            let folder = (page as NSString).deletingLastPathComponent
            let target = parts[0].isEmpty ? page : Checkout.normalized("\(folder)/\(parts[0])")
            try #require(FileManager.default.fileExists(atPath: Checkout.path(target)), "\(page): \(link)")
            if parts.count == 2, target.hasSuffix(".md") {
                #expect(try Page(target).anchors.contains(parts[1]), "\(page): \(link)")
            }
        }
    }

    @Test(arguments: guides)
    func commandsAreUnderstood(page: String) throws {
        let page = try Page(page)
        for command in page.commands {
            let isUnderstood = Self.isUnderstood(Array(command.dropFirst()))
            #expect(isUnderstood, "\(page.name): \(command.joined(separator: " "))")
        }
        for names in page.mentions {
            #expect(Self.isCommand(names), "\(page.name): fce \(names.joined(separator: " "))")
        }
    }

    @Test func readMeIsShort() throws {
        #expect(try Page("README.md").lines.count <= 150)
    }

    @Test func everyPageOfDocsIsReachable() throws {
        let index = try Page("Docs/README.md").links
        for page in markdown(below: ["Docs"]) where page != "Docs/README.md" {
            #expect(index.contains((page as NSString).lastPathComponent), "\(page)")
        }
        #expect(try Page("README.md").links.contains("Docs/README.md"))
    }

    /// The table of exit codes is that of `fce --help`.
    @Test func exitCodesAreThoseOfHelp() throws {
        let table = try Page("Docs/command-line.md").lines.filter { $0.hasPrefix("| ") }
            .compactMap { $0.split(separator: "|").first }.flatMap { $0.split(separator: ",") }
            .compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
        let help = FCE.helpMessage().split(separator: "\n").drop { $0 != "Exit codes:" }.dropFirst()
            .prefix { $0.hasPrefix("  ") }.compactMap { Int($0.split(separator: " ").first ?? "") }
        #expect(!table.isEmpty && table == help)
    }

    /// Help and completion scripts end parsing early, by an error that is none.
    private static func isUnderstood(_ arguments: [String]) -> Bool {
        do {
            _ = try FCE.parseAsRoot(arguments)
            return true
        } catch {
            return FCE.exitCode(for: error).isSuccess
        }
    }

    private static func isCommand(_ names: [String]) -> Bool {
        var command: any ParsableCommand.Type = FCE.self
        for name in names {
            guard let next = command.configuration.subcommands.first(where: { $0._commandName == name })
            else { return false }
            command = next
        }
        return true
    }
}
