import System
import Training

extension Recipe {
    /// The recipe for a model to be used, when settings are chosen: it trains on every image with every label, the held-out
    /// ones and the test images included, and is tested on nothing. What `--final` means.
    ///
    /// - Throws: `UserError(.recipe)` where that makes no sense: for points of the plane, and for probes.
    public func trainingOnEverything() throws(UserError) -> Recipe {
        guard data.source != .plane else {
            throw UserError(
                .recipe, "points of the plane are drawn, none is kept back", advice: "leave out --final")
        }
        guard probe.labels.isEmpty else {
            throw UserError(
                .recipe, "a probe is scored on test images, which --final trains on",
                advice: "leave out --final, or set probe.labels = []")
        }
        var copy = self
        copy.name += "-final"
        copy.data.final = true
        copy.data.validation = 0
        copy.data.allLabels = data.hasLabels
        copy.data.labels = 0
        copy.report = ReportSettings()
        return copy
    }
}
