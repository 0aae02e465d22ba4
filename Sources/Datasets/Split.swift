import System
import Tensors

/// Separates the random draws of purpose `.split` by what they choose.
enum SplitStep {
    static let validation = 0
    static let labelled = 1
    static let remainder = 2
    static let testShare = 3
    static let order = 4
}

/// The training images that are labelled, unlabelled and held out, as positions in a training set.
public struct Split: Codable, Equatable, Sendable {
    /// The version of this record.
    public static let currentFormat = 1

    public let format: Int
    /// How the images were chosen, in words.
    public let rule: String
    public let seed: UInt64
    /// `sha256` of the training set these positions belong to.
    public let data: String
    /// Images whose labels training may use, ascending.
    public let labelled: [Int]
    /// Images that training may use without their labels, ascending.
    public let unlabelled: [Int]
    /// Held-out training images, on which settings are chosen, ascending.
    public let validation: [Int]

    /// How many images initialise a network from data, or measure it on the way.
    package static let sampleCount = 256

    /// The images that a flow is initialised with: the first ones without a label.
    package var initialImages: [Int] { Array(unlabelled.prefix(Self.sampleCount)) }

    /// Draws a class-balanced labelled subset.
    ///
    /// Validation images come first, from each class in proportion to its size (a set without labels is one
    /// class), unless the data say themselves which they are; then `labels / K` images of each class from the rest,
    /// the remainder spread over classes drawn by seed. Every other image, and the labelled ones too unless told otherwise, is unlabelled.
    /// - Parameters:
    ///   - dataset: the training examples.
    ///   - labels: the number of labelled images; nil for all that are not held out.
    ///   - validation: how many training examples to hold out.
    ///   - seed: draws the labelled examples, and the held-out ones where `validationSeed` is nil.
    ///   - validationSeed: chooses the held-out images; one seed for all runs that share a trained flow, so that none
    ///     of them holds out an image the flow has seen.
    ///   - includeLabelledInUnlabelled: whether the labelled examples are among the unlabelled ones too.
    /// - Throws: `UserError(.recipe)` when there are not that many images, or `validation` asks for some beside those that
    ///   the data hold out.
    public static func classBalanced(
        dataset: some ExampleSet, labels: Int?, validation: Int, seed: UInt64,
        validationSeed: UInt64? = nil, includeLabelledInUnlabelled: Bool = true
    ) throws(UserError) -> Split {
        guard dataset.heldOut.isEmpty || validation == 0 else {
            throw UserError(
                .recipe,
                "data.validation = \(validation), but \(dataset.name) holds out \(dataset.heldOut.count) images itself",
                advice: "set data.validation = 0 to choose settings by those")
        }
        let given = Set(dataset.heldOut)
        let positions = dataset.labels.indices.filter { !given.contains($0) }
        var groups = (0..<dataset.classes).map { label in positions.filter { dataset.labels[$0] == label } }
        let hasLabels = groups.contains { !$0.isEmpty }
        if !hasLabels { groups = [positions] }
        let available = groups.reduce(0) { $0 + $1.count }
        guard 0...available ~= validation else {
            throw tooMany(
                dataset, "\(validation) validation images", available: available,
                advice: "ask for fewer than \(available)")
        }
        shuffle(&groups, seed: validationSeed ?? seed, step: SplitStep.validation)
        let held = heldOutCounts(validation, of: groups.map(\.count))
        let validationSet = dataset.heldOut + zip(groups, held).flatMap { $0.prefix($1) }
        var rest = zip(groups, held).map { Array($0.dropFirst($1)).sorted() }
        shuffle(&rest, seed: seed, step: SplitStep.labelled)
        let labelledSet = try draw(labels, from: hasLabels ? rest : [], dataset: dataset, seed: seed)

        let excluded = Set(includeLabelledInUnlabelled ? validationSet : validationSet + labelledSet)
        let amount = labels.map { "\($0) labels" } ?? "all labels"
        let sharing = includeLabelledInUnlabelled ? "labelled images also unlabelled" : "disjoint"
        let heldOut =
            given.isEmpty ? "\(validation) validation" : "\(given.count) validation of the data's own"
        return Split(
            format: currentFormat, rule: "class-balanced: \(amount), \(heldOut), \(sharing)", seed: seed,
            data: dataset.sha256, labelled: labelledSet.sorted(),
            unlabelled: (0..<dataset.count).filter { !excluded.contains($0) },
            validation: validationSet.sorted())
    }

    /// How many images of each class are among `count` held-out ones, of classes of `sizes` images.
    public static func heldOutCounts(_ count: Int, of sizes: [Int]) -> [Int] {
        apportion(count, among: sizes)
    }

    private static func shuffle(_ groups: inout [[Int]], seed: UInt64, step: Int) {
        for lane in groups.indices {
            var stream = RandomStream(RandomKey(seed: seed, purpose: .split, step: step, lane: lane))
            let group = groups[lane]
            groups[lane] = stream.permutation(group.count).map { group[$0] }
        }
    }

    /// The first `labels / K` of each shuffled class, one more for the classes that share the remainder.
    private static func draw(
        _ labels: Int?, from classes: [[Int]], dataset: some ExampleSet, seed: UInt64
    ) throws(UserError) -> [Int] {
        guard let labels else { return classes.flatMap(\.self) }
        guard labels > 0 else { return [] }
        guard !classes.isEmpty else {
            throw tooMany(
                dataset, "\(labels) labels", available: 0, advice: "take images with labels, or ask for none")
        }
        let most = classes.count * (classes.map(\.count).min() ?? 0)
        var counts = [Int](repeating: labels / classes.count, count: classes.count)
        var stream = RandomStream(RandomKey(seed: seed, purpose: .split, step: SplitStep.remainder))
        for lucky in stream.permutation(classes.count).prefix(labels % classes.count) { counts[lucky] += 1 }
        for (label, (images, count)) in zip(classes, counts).enumerated() where count > images.count {
            let name = dataset.classNames[label]
            throw tooMany(
                dataset, "\(count) labels of class `\(name)`", available: images.count,
                advice: most > 0
                    ? "ask for \(most) labels or fewer, or for fewer validation images"
                    : "add images of that class, or ask for fewer validation images")
        }
        return zip(classes, counts).flatMap { $0.prefix($1) }
    }

    private static func tooMany(
        _ dataset: some ExampleSet, _ wanted: String, available: Int, advice: String
    ) -> UserError {
        UserError(
            .recipe, "\(wanted) asked for, but \(dataset.name) has \(available) images left for them",
            advice: advice)
    }

    /// - Throws: `UserError(.recipe)` when this split was made for other data, `UserError(.data)` when its
    ///   positions are not ascending positions of labelled images in `dataset`.
    public func check(against dataset: some ExampleSet) throws(UserError) {
        guard data == dataset.sha256 else {
            throw UserError(
                .recipe,
                "the split was made for other data (SHA-256 \(data.prefix(12))…) than \(dataset.name) "
                    + "(\(dataset.sha256.prefix(12))…)",
                advice: "use the data the split was made for, or start a new run")
        }
        for (name, part) in [("labelled", labelled), ("unlabelled", unlabelled), ("validation", validation)] {
            let ascending = zip(part, part.dropFirst()).allSatisfy { $0 < $1 }
            guard ascending, part.first ?? 0 >= 0, part.last ?? -1 < dataset.count else {
                throw UserError(
                    .data, "the split's \(name) list is not ascending positions in \(dataset.name)",
                    advice: "start a new run")
            }
        }
        guard labelled.allSatisfy({ dataset.labels[$0] >= 0 }) else {
            throw UserError(
                .data, "the split lists an unlabelled image as labelled", advice: "start a new run")
        }
    }

    /// Sizes of the parts and of what they have in common, for a run's log.
    public var summary: String {
        let (l, u, v) = (Set(labelled), Set(unlabelled), Set(validation))
        return "labelled \(l.count), unlabelled \(u.count), validation \(v.count); "
            + "in common: labelled and unlabelled \(l.intersection(u).count), "
            + "labelled and validation \(l.intersection(v).count), "
            + "unlabelled and validation \(u.intersection(v).count)"
    }
}
