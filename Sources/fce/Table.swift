import ArgumentParser
import Reports

struct Table: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Results beside the paper's: mean ± sd over seeds.",
        discussion: """
            Examples:
              fce table Runs/svhn10k-500-*
              fce table Runs/svhn10k-500-fce Runs/svhn10k-500-supervised --csv
              fce table Results/svhn10k-table-500-shared-flow --latex > table.tex

            On a terminal columns are aligned, as many as the window has room for; --markdown
            prints all of them, as does a pipe.

            Takes run directories, result.json files and folders that contain either.
            Runs of one recipe share a row; runs on other data need a table of their own.
            """)

    enum Format: String, EnumerableFlag {
        case markdown, csv, json, latex

        static func help(for value: Format) -> ArgumentHelp? {
            switch value {
            case .markdown: "A Markdown table."
            case .csv: "Comma-separated values."
            case .json: "One JSON object."
            case .latex: "A LaTeX tabular with booktabs rules."
            }
        }
    }

    @Argument(help: "Run directories, result.json files, or folders of them.", completion: .directory)
    var runs: [String]

    @OptionGroup var images: ScoredImages

    @Option(
        help: ArgumentHelp(
            "The recipe that others are compared with; by default the first.", valueName: "recipe"))
    var against: String?

    @Flag(exclusivity: .exclusive)
    var format: Format?

    func run() throws {
        var table = try ResultsTable(try images.results(at: runs))
        if let against { table = try table.compared(with: against) }
        let text =
            switch format {
            case .markdown: table.markdown
            case .csv: table.csv
            case .json: try table.json()
            case .latex: table.latex
            case nil: Console.text(of: table)
            }
        print(text, terminator: "")
    }
}
