import Datasets
import Runs

/// Writes what a run can show: its page, and for a run in the plane the picture of its densities.
public enum RunReport {
    /// Returns the paths written, the page first.
    ///
    /// - Parameters:
    ///   - run: the run directory.
    ///   - page: where the page goes; nil for `report.html` in the run directory.
    ///   - testImages: for class names, file names and thumbnails; nil when they are not at hand.
    /// - Throws: `UserError` for a damaged run, `.output` when nothing can be written.
    @discardableResult
    public static func write(
        _ run: RunFiles, page: String? = nil, testImages: ImageDataset? = nil
    ) throws -> [String] {
        let content = try ReportContent(run, testImages: testImages)
        let page = page ?? run.file("report.html")
        let picture = try writePicture(of: content, run)
        // Last: a run that has its page has all of this.
        try HTMLReport(content).write(to: page)
        return [page] + (picture.map { [$0] } ?? [])
    }

    /// Writes the picture of a run in the plane; nil for other runs.
    private static func writePicture(of content: ReportContent, _ run: RunFiles) throws -> String? {
        guard let plane = content.plane else { return nil }
        let hasClasses = plane.grids["class0"] != nil
        let path = "\(run.samples)/\(hasClasses ? "figure5" : "figure1").svg"
        // Only joint training makes the paper's Glow-FCE and EBM-FCE.
        let isJoint = !content.gates.isEmpty
        let figure =
            hasClasses ? content.learningFigure : isJoint ? try densityFigure([content]) : nil
        try (figure ?? planePicture(plane)).write(to: path)
        return path
    }
}
