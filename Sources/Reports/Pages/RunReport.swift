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
        try HTMLReport(content).write(to: page)
        guard let plane = content.plane else { return [page] }
        let hasClasses = plane.grids["class0"] != nil
        let picture = "\(run.samples)/\(hasClasses ? "figure5" : "figure1").svg"
        // Only joint training makes the paper's Glow-FCE and EBM-FCE.
        let isJoint = !content.gates.isEmpty
        let figure =
            hasClasses ? content.learningFigure : isJoint ? try densityFigure([content]) : nil
        try (figure ?? planePicture(plane)).write(to: picture)
        return [page, picture]
    }
}
