import Datasets
import Methods

/// Why a first recipe chooses what it chooses: for its comments, and for whoever asks for it.
extension StartingChoices {
    /// Counts of what was found, on one line: the same line means that nothing was added or taken away.
    package var found: String {
        var parts: [String] = []
        if data.classes > 0 { parts.append("\(data.train.labelled) labelled images (\(classCounts))") }
        if data.train.unlabelled > 0 || data.classes == 0 {
            parts.append(
                "\(data.train.unlabelled) \(data.classes == 0 ? "images without classes" : "unlabelled")")
        }
        if data.heldOut.count > 0 { parts.append("\(data.heldOut.count) held out") }
        if let test = data.test { parts.append("\(test.count) to test") }
        return parts.joined(separator: ", ")
    }

    /// `cat 30, dog 28`; of many classes their number and the range of their sizes.
    private var classCounts: String {
        let counts = data.train.histogram
        guard counts.count > 12 else {
            return zip(data.classNames, counts).map { "\($0) \($1)" }.joined(separator: ", ")
        }
        return "\(counts.count) classes of \(counts.min() ?? 0) to \(counts.max() ?? 0)"
    }

    public var methodReason: String {
        let chosen =
            switch method {
            case .fceVAT:
                "The energy learns the classes from labelled images, and from all images how they differ from the flow's "
                    + "samples (FCE); virtual adversarial training (VAT) makes it answer alike for images that are alike."
            case .fce where classifies:
                "The energy learns the classes from labelled images, and from all images how they differ from the flow's "
                    + "samples (FCE)."
            case .fce: "No classes to learn: energy and flow learn the density of the images (FCE)."
            case .vat:
                "A classifier with virtual adversarial training (VAT), which makes it answer alike for images that are alike."
            case .flow: "Only the flow, by maximum likelihood: a density of the images."
            default: "A classifier of labelled images alone: what every other method should beat."
            }
        guard wishes.method == nil, method == .vat else { return chosen }
        let place = data.source == .imageFolder ? ", in a folder `unlabelled`," : ""
        return chosen + " With images without a label\(place) the method would be fce-vat."
    }

    public var sizeReason: String {
        guard data.source.isResized else { return "The images of this source have \(size) x \(size) pixels." }
        let found = data.sizes.map(Self.words) ?? "The images do not say their size"
        let isKept = data.sizes.map { ($0.width, $0.height) == (size, size) } ?? false
        let square =
            isKept ? "they stay so" : "each becomes its largest centred square, of \(size) x \(size) pixels"
        return "\(found); \(square)." + (otherSize.map { " \($0)." } ?? "")
    }

    private static func words(_ sizes: ImageSizes) -> String {
        sizes.smallestSide == sizes.largestSide
            ? "The images have \(sizes.width) x \(sizes.height) pixels"
            : "The shorter sides of the images have \(sizes.smallestSide) to \(sizes.largestSide) pixels"
    }

    /// What another size would bring, where it would bring something.
    private var otherSize: String? {
        let tried = Self.triedSize
        if size > tried {
            let factor = Int((Double(size * size) / Double(tried * tried)).rounded())
            return "`fce init --size \(tried)` would train about \(factor) times faster"
        }
        guard let side = data.sizes?.side, side >= 2 * size, 2 * size <= Self.sizes.upperBound else {
            return nil
        }
        return "`fce init --size \(2 * size)` would show more detail and take 4 times as long"
    }

    public var heldOutReason: String {
        if data.heldOut.count > 0 {
            return
                "The data hold out \(data.heldOut.count) images themselves. No more are taken from training."
        }
        guard parts.heldOut == 0 else {
            return
                "Training images that are held out, of every class in proportion. Choose settings by them, never by "
                + "the test images."
        }
        return
            "No training images are held out: a tenth of them would be fewer than \(StartingParts.fewestHeldOut), "
            + "or a class's last one."
    }

    public var testReason: String? {
        guard data.test == nil else { return nil }
        return "There is no test folder: \(parts.test) images, a fifth of every class, are kept to test on."
    }

    public var lengthReason: String {
        let scale = scale
        let length =
            scale.share == 1
            ? "Phases are as long as the built-in recipe's."
            : "Phases take \(Int((100 * scale.share).rounded())) % of the built-in recipe's steps, which was tried with "
                + "\(StartingScale.triedImages) images: the share is the square root of \(scale.images)/"
                + "\(StartingScale.triedImages), but at least 25 %."
        return scale.isSmall
            ? length + " The models are smaller than there: few images train them in minutes." : length
    }

    package var scale: StartingScale { StartingScale(images: parts.train) }

    /// What the user should know beside the choices, one line each.
    public var advice: [String] {
        guard classifies, let most = parts.labelled.max(), let fewest = parts.labelled.min(),
            most >= 3 * max(1, fewest)
        else { return [] }
        let (common, rare) = (name(of: most), name(of: fewest))
        return [
            "class \(common) has \(most) labels to train on and \(rare) \(fewest): look at the errors of each class; "
                + "`--set label.class-weights=balanced` makes classes count alike"
        ]
    }

    private func name(of count: Int) -> String {
        parts.labelled.firstIndex(of: count).map { "`\(data.classNames[$0])`" } ?? ""
    }
}
