import Datasets
import Methods
import System
import Training

/// What a first recipe chooses for images that nobody has trained on yet: a function of what was found and of what the
/// user asks for, and of nothing else.
public struct StartingChoices: Sendable, Equatable {
    /// What the user decides; nil leaves the choice to the images.
    public struct Wishes: Sendable, Equatable {
        public var size: Int?
        public var method: Method?

        public init(size: Int? = nil, method: Method? = nil) {
            (self.size, self.method) = (size, method)
        }
    }

    public let data: DatasetInspection
    /// Names the recipe and its runs.
    public let name: String
    public let method: Method
    /// Side of the images as the networks see them, in pixels.
    public let size: Int
    public let channels: Int
    /// How often the flow halves the images.
    package let levels: Int
    public let parts: StartingParts
    package let wishes: Wishes

    /// The methods that a first recipe can have.
    public static let methods: [Method] = [.fceVAT, .fce, .vat, .supervised, .flow]
    public static let sizes = 12...256
    /// Pictures become no smaller and no larger unless the user asks for it.
    package static let usualSizes = 16...64
    /// The size that the built-in recipes were tried with.
    package static let triedSize = 32

    /// - Throws: `UserError(.recipe)` for wishes that these images do not allow, `.data` for a class without images.
    public init(_ data: DatasetInspection, name: String, _ wishes: Wishes = Wishes()) throws(UserError) {
        (self.data, self.name, self.wishes) = (data, name, wishes)
        method = try Self.method(for: data, wished: wishes.method)
        size = try Self.size(for: data, wished: wishes.size)
        channels = data.sizes?.isGrey == true && data.source.hasChannels ? 1 : 3
        levels = size % 8 == 0 ? 3 : size % 4 == 0 ? 2 : 1
        parts = StartingParts(data, takesLabels: method != .flow && data.classes > 1)
        guard parts.train > 0 else {
            throw UserError(.data, "has no image left to train on", at: data.path, advice: "add images")
        }
        guard parts.test > 0 else {
            throw UserError(
                .data, "has no image that could be kept to test on: every class has one at most",
                at: data.path,
                advice: "add images, or a folder `test`")
        }
    }

    /// Whether the recipe is of a classifier.
    public var classifies: Bool { method != .flow && data.classes > 1 }

    /// K of the energy.
    package var classes: Int { classifies ? data.classes : 1 }

    private static func method(for data: DatasetInspection, wished: Method?) throws(UserError)
        -> Method
    {
        let hasClasses = data.classes > 1
        if hasClasses, let empty = data.train.histogram.firstIndex(of: 0), wished != .flow {
            throw UserError(
                .data, "class `\(data.classNames[empty])` has no training image", at: data.path,
                advice: "add some, or remove the class")
        }
        guard let wished else { return !hasClasses ? .fce : data.train.unlabelled > 0 ? .fceVAT : .vat }
        guard methods.contains(wished), hasClasses || [.fce, .flow].contains(wished) else {
            let possible = hasClasses ? methods : [.fce, .flow]
            throw UserError(
                .recipe,
                "method \"\(wished.name)\" is not for "
                    + (hasClasses ? "a first recipe" : "images without classes"),
                at: data.path, advice: "choose \(possible.map(\.name).joined(separator: ", "))")
        }
        return wished
    }

    private static func size(for data: DatasetInspection, wished: Int?) throws(UserError) -> Int {
        guard data.source.isResized else {
            guard wished ?? triedSize == triedSize else {
                throw UserError(
                    .recipe, "\(data.source.rawValue) images have \(triedSize) x \(triedSize) pixels",
                    at: data.path,
                    advice: "leave out --size")
            }
            return triedSize
        }
        if let wished {
            guard sizes.contains(wished), wished % 2 == 0 else {
                throw UserError(
                    .recipe, "a size of \(wished) pixels cannot be halved by the flow",
                    advice:
                        "choose an even size from \(sizes.lowerBound) to \(sizes.upperBound), best a multiple of 8"
                )
            }
            return wished
        }
        guard let side = data.sizes?.side else { return triedSize }
        return min(usualSizes.upperBound, max(usualSizes.lowerBound, (side + 7) / 8 * 8))
    }
}

extension ImageSizes {
    /// The shorter side of an image of median width and height: that of the square which is cut out of it.
    package var side: Int { min(width, height) }
}
