/// The section shows what the run's models imagine: samples of images, or densities of the plane.
extension HTMLReport {
    var samples: Markup {
        content.plane.map(densitiesOfPlane) ?? pictures
    }

    private func densitiesOfPlane(_ plane: PlaneDensities) -> Markup {
        section("Samples") {
            Markup("div", ["class": "panels small"]) { plane.panels(.density).map { figure($0.chart) } }
            remark(
                "Bright is dense. Good models are bright exactly where the data points lie, and nowhere else."
            )
            Markup("div", ["class": "panels small"]) {
                plane.panels(.logDensity(range: 10)).dropFirst().map { figure($0.chart) }
            }
            remark(
                "The same as log densities, 10 nats from bright to dark: bridges between the parts of the data show here."
            )
            if let learning = content.learningFigure { figure(learning) }
        }
    }

    /// Pictures shown at most.
    private static let limit = 12

    private var pictures: Markup {
        let shown = content.pictures.suffix(Self.limit)
        return section("Samples") {
            if shown.isEmpty { remark("No sample grids: they are written when a phase ends.") }
            Markup("div", ["class": "panels"]) {
                for picture in shown {
                    figure(
                        sampleTitle(picture.name), jpeg: picture.jpeg,
                        note: "Good samples are varied and look like the training images.")
                }
            }
            if shown.count < content.pictures.count {
                remark("Shown are the last \(shown.count) of \(content.pictures.count) pictures.")
            }
        }
    }

    /// `1-joint` is what the second phase has left.
    private func sampleTitle(_ name: String) -> String {
        let parts = name.split(separator: "-", maxSplits: 1)
        guard parts.count == 2, let index = Int(parts[0]) else { return name }
        return "Phase \(index + 1): \(PhaseCurves.title(String(parts[1])))"
    }
}
