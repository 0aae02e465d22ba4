import Foundation
import System

/// The densities a two-dimensional run leaves behind in `samples/densities.json`, and on the way in
/// `samples/densities-PHASE-UPDATE.json`.
public struct PlaneDensities: Sendable {
    /// The moment says when in a run its densities were as they are.
    public struct Moment: Sendable, Equatable, Decodable {
        /// The kind of the phase, and its place from 0.
        public let phase: String
        public let phaseIndex: Int
        /// Updates in the phase, of the energy where it takes turns with a flow.
        public let update: Int
    }

    /// The extent is x from, x to, y from, y to.
    public let extent: [Double]
    /// Log densities by name: `flow`, `energy`, `class0`, `class1`, …
    public let grids: [String: DensityGrid]
    public let points: [PlanePoint]
    public let labelled: [PlanePoint]
    /// The update of the picture; nil for the end of what has been trained.
    public let moment: Moment?

    public init(
        extent: [Double], grids: [String: DensityGrid], points: [PlanePoint], labelled: [PlanePoint],
        moment: Moment? = nil
    ) throws {
        guard extent.count == 4, extent.allSatisfy(\.isFinite), extent[0] < extent[1], extent[2] < extent[3]
        else { throw UserError(.data, "extent \(extent) is not [x from, x to, y from, y to]") }
        self.extent = extent
        self.grids = grids
        self.points = points
        self.labelled = labelled
        self.moment = moment
    }

    /// Decodes the file; numbers that JSON cannot hold may be null and are drawn darkest.
    /// - Throws: `UserError` on malformed content.
    public init(json: Data, file: String) throws {
        struct Content: Decodable {
            let extent: [Double]
            let size: Int
            let grids: [String: [Double?]]
            let points: [[Double]]?
            let labelled: [[Double]]?
        }
        let content: Content
        do {
            content = try decodedJSON(Content.self, json)
        } catch {
            throw UserError(
                .data, "is not a file of plane densities", at: file, advice: "evaluate the run once more")
        }
        let wanted = content.size > 0 && content.size < 10_000 ? content.size * content.size : -1
        if let grid = content.grids.first(where: { $0.value.count != wanted }) {
            throw UserError(
                .data, "grid \(grid.key) has \(grid.value.count) values, not \(content.size)²", at: file,
                advice: "evaluate the run once more")
        }
        try self.init(
            extent: content.extent,
            grids: content.grids.mapValues {
                DensityGrid(logDensities: $0.map { $0 ?? .nan }, size: content.size)
            },
            points: (content.points ?? []).compactMap(Self.point),
            labelled: (content.labelled ?? []).compactMap(Self.point),
            moment: try? decodedJSON(Moment.self, json))
    }

    private static func point(_ numbers: [Double]) -> PlanePoint? {
        guard numbers.count >= 2 else { return nil }
        let label = numbers.count > 2 && numbers[2] >= 0 ? Int(exactly: numbers[2]) : nil
        return PlanePoint(x: numbers[0], y: numbers[1], label: label)
    }

    /// The densities of more classes than this no picture shows.
    static let classLimit = 12

    /// Class grids in the order of their numbers.
    private var classGrids: [(name: String, grid: DensityGrid)] {
        (0..<grids.count).compactMap { k in grids["class\(k)"].map { ("p(x | class \(k))", $0) } }
    }

    /// The first training points, the labelled ones coloured: as many as a picture can show.
    var dataPanel: DensityPanel {
        DensityPanel(
            title: "data", extent: extent, points: points.prefix(2000).map(\.unlabelled),
            marked: Array(labelled.prefix(500)))
    }

    func panel(_ name: String, title: String) -> DensityPanel? {
        grids[name].map { DensityPanel(title: title, extent: extent, grid: $0) }
    }

    /// Data, flow, unconditional EBM and every class-conditional EBM, as far as they are there.
    func panels(_ shading: DensityGrid.Shading) -> [DensityPanel] {
        let whole = [("flow", "flow q(x)"), ("energy", "EBM p(x)")].compactMap { key, title in
            grids[key].map { DensityPanel(title: title, extent: extent, grid: $0, shading: shading) }
        }
        let conditional = classGrids.prefix(Self.classLimit).map { name, grid in
            DensityPanel(title: name, extent: extent, grid: grid, shading: shading)
        }
        return [dataPanel] + whole + conditional
    }
}

extension PlanePoint {
    fileprivate var unlabelled: PlanePoint { PlanePoint(x: x, y: y) }
}

/// Data, flow, EBM and class-conditional EBMs side by side, as in Figure 5 of Gao et al., CVPR 2020.
///
/// - Parameters:
///   - densities: the grids.
///   - title: stands above the grids.
///   - shading: what the grey values are.
///   - columns: panels in a row; by default all in one.
public func planePicture(
    _ densities: PlaneDensities, title: String = "Densities of the plane",
    shading: DensityGrid.Shading = .density, columns: Int? = nil
) -> Chart {
    let panels = densities.panels(shading)
    let columns = min(columns ?? panels.count, panels.count)
    let (side, gap) = (170.0, 10.0)
    let rows = (panels.count + columns - 1) / columns
    let drawn = panels.enumerated().map { index, panel in
        let x = Double(index % columns) * (side + gap)
        let y = Double(index / columns) * (side + gap + 18)
        return Markup([
            label(panel.title, x + side / 2, y + 12, "mid strong"), panel.markup(x: x, y: y + 18, side: side),
        ])
    }
    return Chart(
        title: title, summary: "Panels: " + panels.map(\.title).joined(separator: ", ") + ".",
        width: Double(columns) * (side + gap) - gap, height: Double(rows) * (side + gap + 18) - gap,
        content: Markup(drawn))
}
