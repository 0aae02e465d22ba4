import EnergyModels
import Flows
import Training

/// A recipe cut down to about three seconds, with what was cut.
public struct SmokeRecipe: Sendable {
    public let recipe: Recipe
    /// One line a change, to print before the run.
    public let summary: [String]
}

extension Recipe {
    /// The recipe with every phase kept but few steps, small batches and narrow models, to prove that all of it
    /// runs. Without its data (`dataIsPresent` false) 64 generated images take their place.
    public func smoke(dataIsPresent: Bool) -> SmokeRecipe {
        var small = self
        var summary = ["smoke run of \(name): its numbers mean nothing"]
        if !dataIsPresent && data.source != .plane {
            small.data = synthetic
            // It draws the generated images, and the rows of a table must share them.
            small.flow.seed = 1
            summary.append("64 generated images in place of \(data.name), which is not at \(data.directory)")
        }
        small.name = name + "-smoke"
        small.shrinkData(isGenerated: small.data.source == .synthetic)
        small.shrinkModels()
        small.phases = phases.map { PlannedPhase($0.settings.shrunk(negatives: energy.negatives)) }
        small.log.every = 1
        small.evaluate = EvaluationSettings()
        small.checkpoint.every = 2
        small.probe.shrink()
        small.report = ReportSettings()
        let flow =
            flow.kind == .glow
            ? "Glow \(small.flow.levels)x\(small.flow.blocks)x\(small.flow.width)"
            : "\(small.flow.couplings) couplings of width \(small.flow.width)"
        if small.data.excerpt > 0 {
            summary.append("at most \(small.data.excerpt) images of each class, to train on and to test on")
        }
        summary.append("\(small.phases.count) phases of 3 steps, batches of 8")
        summary.append("\(flow), energy at \(small.energy.width) of its width")
        return SmokeRecipe(recipe: small, summary: summary)
    }

    private var synthetic: DataSettings {
        var images = DataSettings(source: .synthetic)
        images.labels = data.labels
        images.allLabels = data.allLabels
        images.validation = data.validation
        images.size = data.size
        images.channels = data.channels
        // No generated image is without a label.
        images.unlabelledIncludesLabelled = data.unlabelledIncludesLabelled || data.allLabels
        images.final = data.final
        return images
    }

    /// Points of the plane are few and quickly drawn: they stay as they are.
    private mutating func shrinkData(isGenerated: Bool) {
        if isGenerated {
            shrinkGeneratedData()
        } else if data.source != .plane {
            let limit = max(4, min(16, 160 / energy.classes))
            data.excerpt = data.excerpt == 0 ? limit : min(data.excerpt, limit)
        }
    }

    private mutating func shrinkGeneratedData() {
        // Enough for two labels of every class, however rare, 16 held-out images and some without labels.
        // A probe needs as many of its own classes.
        let train = max(probe.labels.isEmpty ? 64 : 160, 16 * energy.classes)
        data.train = data.train == 0 ? train : min(data.train, train)
        data.test = data.test == 0 ? 64 : min(data.test, 64)
        data.labels = min(data.labels, 2 * energy.classes)
        data.validation = min(data.validation, 16)
    }

    private mutating func shrinkModels() {
        flow.width = min(flow.width, 16)
        // Of these a kind of flow reads one; the other stays at its default.
        if flow.kind == .plane {
            flow.couplings = min(flow.couplings, 4)
        } else {
            flow.blocks = min(flow.blocks, 2)
        }
        energy.width = min(energy.width, 0.125)
        if uses(.generator) { generator.width = min(generator.width, 0.125) }
    }
}
