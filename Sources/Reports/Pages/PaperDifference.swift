import Methods
import Runs
import System
import Training

/// The sentence says what sets a run apart from the paper's number beside it: other data, or a smaller scale. Nil where
/// nothing is known to differ.
///
/// - Parameters:
///   - data: of the run, where its directory is at hand.
///   - namesCell: whether the sentence names the paper's table and row.
func paperDifference(_ result: RunResult, _ data: DataRecord? = nil, namesCell: Bool = true) -> String? {
    guard let paper = result.paper, isOfSVHN(result, paper) else { return nil }
    let parts = [dataDifference(result, data), scaleDifference(result), baseDifference(result)]
        .compactMap(\.self)
    guard !parts.isEmpty else { return nil }
    let cell = paper.cell.isEmpty || !namesCell ? "" : " (\(paper.cell))"
    return "The paper's number\(cell) is not of the same experiment: " + parts.joined(separator: "; ") + "."
}

/// The experiments on SVHN are the only ones known here of the papers that recipes cite; other recipes may cite any.
private func isOfSVHN(_ result: RunResult, _ paper: ReportSettings.Paper) -> Bool {
    (result.dataName + paper.cell).lowercased().contains("svhn")
}

/// The papers' tables are of SVHN: 73,257 training and 26,032 test images.
private func dataDifference(_ result: RunResult, _ data: DataRecord?) -> String? {
    let (train, test) = (73_257, 26_032)
    if result.testCount == test, data.map({ $0.train == train }) ?? true { return nil }
    let own =
        data.map { "\(grouped($0.train)) training and \(grouped($0.test)) test" }
        ?? "\(grouped(result.testCount)) test"
    return
        "it is of SVHN's \(grouped(train)) training and \(grouped(test)) test images, ours of the \(own) images of "
        + result.dataName
}

/// The paper trains networks of full width, and the energy 50,000 times against the fixed flow.
private func scaleDifference(_ result: RunResult) -> String? {
    let updates = 50_000
    var parts: [String] = []
    if let factor = result.network.split(separator: "×").dropFirst().first?.split(separator: ",").first {
        parts.append("our network has \(factor.filter { $0 != " " }) times the width")
    }
    if let own = result.steps[FixedFlowPhase.kind], own < updates {
        parts.append(
            "our energy makes \(grouped(own)) updates against the fixed flow where theirs makes \(grouped(updates))"
        )
    }
    return parts.isEmpty ? nil : parts.joined(separator: ", and ")
}

private func baseDifference(_ result: RunResult) -> String? {
    let hasBase = result.steps[FixedFlowPhase.kind] != nil && result.base != "none"
    return hasBase ? "our energy starts from the flow's density (base \(result.base)), theirs from none" : nil
}
