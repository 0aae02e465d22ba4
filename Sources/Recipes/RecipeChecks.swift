import EnergyModels
import Flows
import Methods
import Schemas
import Training

/// Conditions on several keys at once.
extension Recipe {
    /// Throws `UserError(.recipe)` at the key that contradicts the others.
    package func check(_ cursor: SchemaCursor) throws {
        try require(
            name != "." && name != "..", cursor.entering("name"),
            "`\(name)` would name a folder of other runs",
            advice: "give the recipe a name of letters")
        try checkData(cursor.entering("data"))
        try checkModels(cursor)
        try checkClassifier(cursor)
        for phase in phases.indices { try check(phase, cursor) }
        try checkMethod(cursor)
        try checkOrder(cursor.entering("phase"))
        try checkClasses(cursor)
        for (index, phase) in phases.enumerated() {
            try phase.settings.check(PhasePlace(self, index, cursor))
        }
        try checkGenerator(cursor)
        try checkPlane(cursor)
        try checkAugmentation(cursor)
        try checkClassWeights(cursor)
        try checkProbe(cursor.entering("probe"))
    }

    private func checkData(_ cursor: SchemaCursor) throws {
        try require(
            data.labels % energy.classes == 0, cursor.entering("labels"),
            "\(data.labels) labels cannot be shared equally by \(energy.classes) classes",
            advice: "set data.labels = \(max(1, data.labels / energy.classes) * energy.classes)")
        try require(
            data.labels == 0 || energy.classes > 1, cursor.entering("labels"),
            "labels with one class teach nothing",
            advice: "set data.labels = 0, or energy.classes to the number of classes")
        try require(
            !data.allLabels || data.labels == 0 && energy.classes > 1, cursor.entering("all-labels"),
            "data.all-labels goes with data.labels = 0 and several classes",
            advice: "set data.all-labels = false")
        try require(data.channels != 2, cursor.entering("channels"), "images have 1 or 3 channels, not 2")
        let isGrid = data.size % (1 << flow.levels) == 0 || flow.kind == .plane
        try require(
            isGrid, cursor.entering("size"), "\(data.size) pixels cannot be halved \(flow.levels) times",
            advice: data.size % 2 == 0
                ? "set flow.levels = \(data.size.trailingZeroBitCount)"
                : "set data.size = \(roundedSize(to: 1 << flow.levels))")
        try require(
            !data.final || data.validation == 0, cursor.entering("final"),
            "a final run holds no image out", advice: "set data.validation = 0")
        try require(
            !data.final || data.labels == 0, cursor.entering("final"), "a final run trains on every label",
            advice: "set data.labels = 0 and data.all-labels = true")
        try require(
            !data.final || data.source != .plane, cursor.entering("final"),
            "points of the plane are drawn, none is kept back", advice: "set data.final = false")
    }

    private func checkModels(_ cursor: SchemaCursor) throws {
        let isPlane = data.source == .plane
        let flowPlace = cursor.entering("flow").entering("kind")
        let energy = cursor.entering("energy")
        try require(
            (flow.kind == .plane) == isPlane, flowPlace,
            "flow.kind = \"\(flow.kind.rawValue)\" does not fit data.source = \"\(data.source.rawValue)\"",
            advice: isPlane ? "set flow.kind = \"plane\"" : "set flow.kind = \"glow\"")
        try require(
            (self.energy.network == .mlp) == isPlane, energy.entering("network"),
            "energy.network = \"\(self.energy.network.rawValue)\" does not fit "
                + "data.source = \"\(data.source.rawValue)\"",
            advice: "set energy.network = \"\(isPlane ? "mlp" : "conv-small")\"")
        try require(
            self.energy.dropout.count == 3, energy.entering("dropout"),
            "`energy.dropout` takes three rates, one before each block",
            advice: "set energy.dropout = [0.2, 0.5, 0.5]")
        let smallest = energyConfiguration.smallestSide
        try require(
            isPlane || data.size >= smallest, energy.entering("network"),
            "energy.network = \"\(self.energy.network.rawValue)\" needs images of \(smallest)x\(smallest) pixels "
                + "or more, not \(data.size)",
            advice: "set energy.network = \"four-layer\", or raise data.size")
        let priors = self.energy.priors
        try require(
            priors.isEmpty || priors.count == self.energy.classes, energy.entering("priors"),
            "\(priors.count) priors for \(self.energy.classes) classes",
            advice: "set energy.priors = [], which is uniform, or list one for each class")
        try require(
            priors.isEmpty || abs(priors.reduce(0, +) - 1) < 1e-6, energy.entering("priors"),
            "the priors do not sum to 1", advice: "set energy.priors = [], which is uniform, or scale them")
    }

    /// Several classes are told apart by labels alone.
    private func checkClasses(_ cursor: SchemaCursor) throws {
        let learns = method != .randomInit && phases.contains { $0.settings.takesLabels }
        guard learns, energy.classes > 1 else { return }
        try require(
            data.hasLabels, cursor.entering("data").entering("labels"),
            "\(energy.classes) classes cannot be learnt without labels",
            advice: "set data.labels = \(10 * energy.classes), data.all-labels = true, or energy.classes = 1")
        try require(
            label.weight > 0, cursor.entering("label").entering("weight"),
            "\(energy.classes) classes cannot be learnt from labels of weight 0",
            advice: "set label.weight = 1, or energy.classes = 1 and data.labels = 0")
    }

    /// Networks of classifiers, which are no density, and what VAT's exact direction takes.
    private func checkClassifier(_ cursor: SchemaCursor) throws {
        let (energy, input) = (cursor.entering("energy"), cursor.entering("input"))
        let network = energyConfiguration
        try require(
            !network.usesBatchStatistics
                || phases.allSatisfy { $0.settings.allowsBatchStatistics },
            energy.entering(self.energy.normalizeLogits ? "normalize-logits" : "normalization"),
            "with batch normalisation f depends on the whole batch, and a density cannot",
            advice: self.energy.normalizeLogits
                ? "set energy.normalize-logits = false" : "set energy.normalization = \"weight\"")
        try require(
            vat.weight == 0 || vat.direction == .difference || network.isLinearizable,
            cursor.entering("vat").entering("direction"),
            "the exact direction needs weight normalisation, and logits of one image each",
            advice: "set vat.direction = \"difference\", or energy.normalization = \"weight\"")
        let isContrast =
            self.energy.base == .none && phases.contains { $0.settings.models == [.flow, .energy] }
        try require(
            !self.energy.head.hasOwnLayers || isContrast, energy.entering("head"),
            "an energy with layers of its own, which classes share, carries log p of base \"none\" against a flow",
            advice:
                "set energy.head = \"plain\", or energy.base = \"none\" with a phase of kind \"energy\" or \"joint\""
        )
        try require(
            self.energy.head != .experts || self.energy.classes == 1, energy.entering("head"),
            "a product of experts is one energy, without classes", advice: "set energy.classes = 1")
        try require(
            data.source != .plane || self.input == InputSettings(), input,
            "`input` is for images, not for points", advice: "remove [input]")
    }

    private func check(_ index: Int, _ cursor: SchemaCursor) throws {
        let kind = cursor.entering("phase").element(index).entering("kind")
        try require(
            !phases[index].is(SupervisedPhase.self) || data.hasLabels || method == .randomInit, kind,
            "a supervised phase needs labels", advice: "set data.all-labels = true, or data.labels")
        let place = cursor.entering("phase").element(index).entering("steps")
        try require(
            phases[index].steps > 0 || method == .randomInit, place, "a phase of 0 steps trains nothing",
            advice: "set \(place.key) = 1 or more")
    }

    /// What only phases with a generator take is an error without one.
    private func checkGenerator(_ cursor: SchemaCursor) throws {
        try require(
            generator == GeneratorSettings() || uses(.generator), cursor.entering("generator"),
            "[generator] has no effect without a phase of kind \"gan\", \"adversarial\" or \"vae\"",
            advice: "remove it")
        try require(
            energy.outputs == 0 || phases.contains { $0.is(AdversarialPhase.self) },
            cursor.entering("energy").entering("outputs"),
            "outputs that are no classes are for a critic, in a phase of kind \"adversarial\"",
            advice: "set energy.outputs = 0")
    }

    private func checkMethod(_ cursor: SchemaCursor) throws {
        let place = cursor.entering("method")
        try require(!phases.isEmpty, cursor.entering("phase"), "no [[phase]]", advice: "list what to train")
        let last = phases.last?.kind
        try require(
            last == method.lastPhase, place,
            "method \"\(method.name)\" ends with a phase of kind \"\(method.lastPhase)\", "
                + "this recipe with \"\(last ?? "none")\"",
            advice: "change method or the phases")
        try require(
            (method.vat != nil) == (vat.weight > 0) || method == .flow, place,
            "method \"\(method.name)\" and vat.weight = \(vat.weight) contradict each other",
            advice: method.vat != nil
                ? "set vat.weight = 1" : "set vat.weight = 0, or choose a method with VAT")
        let target = method.vat ?? vat.target
        try require(
            vat.target == target, place,
            "method \"\(method.name)\" and vat.target = \"\(vat.target.rawValue)\" contradict each other",
            advice: "set vat.target = \"\(target.rawValue)\"")
        try require(
            consistency.kind == method.consistency, place,
            "method \"\(method.name)\" and consistency.kind = \"\(consistency.kind.rawValue)\" "
                + "contradict each other",
            advice: "set consistency.kind = \"\(method.consistency.rawValue)\"")
        try require(
            !hasTeacher || average.decay > 0, place,
            "the teacher of method \"\(method.name)\" is the averaged weights",
            advice: "set average.decay = 0.99")
        try method.check(self, cursor)
    }

    private func checkProbe(_ cursor: SchemaCursor) throws {
        guard !probe.labels.isEmpty else {
            return try require(
                probe == ProbePlan(), cursor, "[probe] has no effect without probe.labels",
                advice: "set probe.labels = [500, 1000], or remove it")
        }
        try require(
            uses(.energy) && data.source != .plane, cursor.entering("labels"),
            "a probe needs the features that a network has of images",
            advice: "remove [probe], or train an energy on images")
        try require(
            Set(probe.labels).count == probe.labels.count, cursor.entering("labels"),
            "`probe.labels` lists a number twice", advice: "list each once")
        try require(
            !data.final, cursor.entering("labels"),
            "a probe is scored on test images, which a final run trains on",
            advice: "set data.final = false, or remove [probe]")
        try require(
            !probe.layers.isEmpty, cursor.entering("layers"), "`probe.layers` is empty",
            advice: "set probe.layers = [\"all\"], or name layers")
    }

    /// What goes with points alone: pictures of densities.
    private func checkPlane(_ cursor: SchemaCursor) throws {
        try require(
            evaluate.snapshots == 0 || data.source == .plane,
            cursor.entering("evaluate").entering("snapshots"),
            "only densities in the plane have pictures", advice: "set evaluate.snapshots = 0")
    }

    /// The flow of images must be trained before an energy is measured against it.
    private func checkOrder(_ cursor: SchemaCursor) throws {
        guard flow.kind == .glow else { return }
        let first = phases.firstIndex { $0.settings.models == [.flow, .energy] }
        let trained = phases.firstIndex { $0.settings.models == .flow }
        guard let first, trained ?? first >= first else { return }
        throw cursor.element(first).entering("kind").error(
            "the flow is not trained before this phase", advice: "put a phase of kind \"flow-mle\" first")
    }
}
