/// How large the models of a first recipe are, and how long it trains them, for a number of images.
///
/// Few images are learnt by small models in minutes. From 2,000 images on it is the built-in recipes' models.
package struct StartingScale: Sendable, Equatable {
    package let images: Int
    /// Of the built-in recipes' steps.
    package let share: Double

    /// The built-in recipes were tried with this many images.
    package static let triedImages = 6000
    private static let smallestShare = 0.25
    private static let fewImages = 2000

    package init(images: Int) {
        self.images = images
        share = min(1, max(Self.smallestShare, (Double(images) / Double(Self.triedImages)).squareRoot()))
    }

    /// Whether the models are smaller than the built-in recipes'.
    package var isSmall: Bool { images < Self.fewImages }

    /// The share of `whole` steps, a multiple of 50.
    package func steps(_ whole: Int) -> Int { 50 * max(1, Int((share * Double(whole) / 50).rounded())) }

    package var flowSteps: Int { steps(4500) }
    package var energySteps: Int { steps(4000) }
    package var jointSteps: Int { steps(1000) }
    package var supervisedSteps: Int { steps(4000) }
    /// Between tests: about ten in the longest phase.
    package var testInterval: Int { max(50, energySteps / 10 / 50 * 50) }

    /// Samples held at once: twice the images, so that the energy meets more samples than images.
    package var pool: Int { min(14000, max(2000, 2 * images)) }
}
