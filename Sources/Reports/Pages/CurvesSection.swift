/// The section draws what was logged over the updates.
extension HTMLReport {
    /// Phases drawn at most.
    private static let limit = 10

    var curves: Markup {
        let phases = content.metrics.map { PhaseCurves.phases($0, gates: content.gates) } ?? []
        return section("Curves") {
            if phases.isEmpty {
                remark("Nothing was logged yet.")
            } else {
                remark(
                    "A phase's last point is its final evaluation, which is where tested curves of the next phase begin. Curves of more than \(Series.pointLimit) points show means "
                        + "of neighbouring points, and their range as a band.")
            }
            if phases.count > Self.limit {
                remark("Drawn are the last \(Self.limit) of \(phases.count) phases.")
            }
            for phase in phases.suffix(Self.limit) {
                Markup("h3") { "\(phase.index + 1). \(PhaseCurves.title(phase.name))" }
                Markup("div", ["class": "panels"]) { phase.charts.map(figure) }
            }
        }
    }
}
