import Evaluation
import Runs
import System

/// One self-contained page about a run: it loads nothing, so it can be mailed, archived and printed.
public struct HTMLReport: Sendable {
    let content: ReportContent
    /// The confusion of all test images; nil before the final evaluation, and for a run without test images.
    let matrix: ConfusionMatrix?

    public init(_ content: ReportContent) {
        self.content = content
        matrix = content.confusion.flatMap { $0.counts.joined().contains { $0 > 0 } ? $0 : nil }
    }

    /// The page. What is missing from the run is left out with a sentence saying why. Every part is bounded, whatever
    /// the number of classes, phases, updates and images: a page stays below 5 MB.
    public var html: String {
        let sections = sections
        let body = Markup("main") {
            header(sections.map(\.title))
            Markup(sections.map(\.content))
        }
        return page("\(content.header.recipeName), seed \(content.header.seed)", body)
    }

    /// Writes the page in place of whatever is at `path`.
    /// - Throws: `UserError(.output)`; the old file then stays.
    public func write(to path: String) throws { try AtomicFile.write(html, to: path) }

    /// The sections come in the order in which a reader asks: how good, where wrong, how sure, what else it knows, how
    /// it came about.
    private var sections: [(title: String, content: Markup)] {
        let isPlane = content.plane != nil && matrix == nil
        let all: [(String, Markup?)] = [
            ("Confusion", isPlane ? nil : confusion), ("Mistakes", mistakes),
            ("Calibration", isPlane ? nil : calibration), ("Probes", probes), ("Density", densities),
            ("Samples", samples), ("Curves", curves), ("Settings", settings),
        ]
        return all.compactMap { title, content in content.map { (title, $0) } }
    }

    func className(_ k: Int) -> String {
        content.classNames.indices.contains(k) ? content.classNames[k] : "class \(k)"
    }
}
