import Schemas

/// `[input]`: what the energy's network does to its images first, and how training images are changed at random.
public struct InputSettings: Sendable, Equatable {
    /// Every image to mean 0 and variance 1.
    public var standardize = false
    /// Largest shift in training, in pixels each way; 0: none.
    public var translate = 0
    /// Standard deviation of Gaussian noise in training, in the units of x/256 − 0.5, or of standardised images.
    public var noise = 0.0
    /// Whether training images are mirrored at random: they are what all models learn the distribution of.
    public var flip = false
    /// Likewise, the largest shift of a random crop out of the reflected image, in pixels each way; 0: none.
    public var crop = 0

    public init() {}
}

extension InputSettings {
    /// The keys of the table, with their types and meanings.
    public static let schema = Schema<InputSettings>([
        .flag("standardize", \.standardize, "bring every image to mean 0 and variance 1"),
        .integer(
            "translate", \.translate, .between(0, 16),
            "largest shift of images in training, in pixels each way"),
        .number(
            "noise", \.noise, .atLeast(0), "standard deviation of Gaussian noise that training adds to images"
        ),
        .flag(
            "flip", \.flip,
            "half of the training images are mirrored, left to right, labelled or not, before flow and energy see them; "
                + "the flow learns them so, and its samples stay as they are"
        )
        .later(\.flip, default: false),
        .integer(
            "crop", \.crop, .between(0, 16),
            "training images are cut at random out of their reflection at the border, shifted by up to so many pixels "
                + "each way, before flow and energy see them, as with flip; 0: none"
        )
        .later(\.crop, default: 0),
    ])
}
