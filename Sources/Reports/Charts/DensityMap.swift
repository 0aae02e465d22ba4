import Foundation
import System

/// Log densities on a square grid of the plane, as `samples/densities.json` holds them.
public struct DensityGrid: Sendable {
    /// Log densities, row-major with y ascending over rows and x over columns, [size, size]; an additive constant
    /// is irrelevant.
    public let logDensities: [Double]
    public let size: Int

    public init(logDensities: [Double], size: Int) {
        precondition(size > 0 && logDensities.count == size * size)
        self.logDensities = logDensities
        self.size = size
    }

    /// The shading says how a density becomes a colour.
    public enum Shading: Sendable {
        /// Brightness in proportion to the density; the maximum is brightest.
        case density
        /// Brightness in proportion to the density's logarithm, down to so many nats below the maximum.
        case logDensity(range: Double)
    }

    /// Palette positions 0...255, the top row (largest y) first; what is not finite gets the darkest colour.
    func shades(_ shading: Shading) -> [UInt8] {
        let top = logDensities.filter(\.isFinite).max() ?? 0
        return (0..<size).reversed().flatMap { row in
            logDensities[(row * size)..<((row + 1) * size)].map { value in
                guard value.isFinite else { return 0 }
                let share =
                    switch shading {
                    case .density: exp(value - top)
                    case .logDensity(let range): max(0, 1 + (value - top) / range)
                    }
                return UInt8((255 * share).rounded())
            }
        }
    }
}

/// Points of the plane with a colour for each class; nil is an unlabelled one.
public struct PlanePoint: Equatable, Sendable {
    public let x: Double
    public let y: Double
    public let label: Int?

    public init(x: Double, y: Double, label: Int? = nil) {
        self.x = x
        self.y = y
        self.label = label
    }
}

/// A picture of a density over the plane, points on top of it, or both.
struct DensityPanel {
    let title: String
    /// The extent is x from, x to, y from, y to.
    let extent: [Double]
    var grid: DensityGrid?
    var shading = DensityGrid.Shading.density
    var points: [PlanePoint] = []
    /// These points are drawn larger, over the others.
    var marked: [PlanePoint] = []

    /// The panel without its title, `side` units wide, its top-left corner at (x, y).
    func markup(x: Double, y: Double, side: Double) -> Markup {
        Markup([
            picture(x, y, side) ?? rectangle(x, y, side, side, fill: "var(--panel)"),
            Markup(points.compactMap { dot($0, 0.9, x, y, side) }),
            Markup(marked.compactMap { dot($0, 3, x, y, side) }),
        ])
    }

    /// The panel by itself.
    var chart: Chart {
        Chart(
            title: title, summary: "x from \(fixed(extent[0], 1)) to \(fixed(extent[1], 1)).",
            width: 180, height: 180, content: markup(x: 0, y: 0, side: 180))
    }

    private func picture(_ x: Double, _ y: Double, _ side: Double) -> Markup? {
        guard let grid else { return nil }
        let png = PNG.encode(
            indices: grid.shades(shading), width: grid.size, height: grid.size, palette: ColorMap.palette)
        return Markup(
            "image",
            [
                "x": coordinate(x), "y": coordinate(y), "width": coordinate(side), "height": coordinate(side),
                "href": dataURI(png, type: "image/png"),
            ])
    }

    /// Points outside the extent are not drawn.
    private func dot(_ point: PlanePoint, _ radius: Double, _ x: Double, _ y: Double, _ side: Double)
        -> Markup?
    {
        let across = (point.x - extent[0]) / (extent[1] - extent[0])
        let up = (point.y - extent[2]) / (extent[3] - extent[2])
        guard (0...1).contains(across), (0...1).contains(up) else { return nil }
        let fill = point.label.map(Theme.series) ?? "var(--soft)"
        return Markup(
            "circle",
            [
                "cx": coordinate(x + side * across), "cy": coordinate(y + side * (1 - up)),
                "r": coordinate(radius), "fill": fill, "stroke": radius > 2 ? "#fff" : nil,
                "stroke-width": radius > 2 ? "0.8" : nil,
            ])
    }
}

/// `bytes` as a URI that a page or picture can hold in itself.
func dataURI(_ bytes: [UInt8], type: String) -> String {
    "data:\(type);base64," + Data(bytes).base64EncodedString()
}
