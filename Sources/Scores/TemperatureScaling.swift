import System

/// Temperature scaling: one T > 0 divides all logits, fitted to labelled images that the model did not train on.
/// It changes confidences and never the predicted class; Guo et al., *On Calibration of Modern Neural Networks*,
/// ICML 2017, section 4.2.
public struct TemperatureScaling: Codable, Sendable, Equatable {
    /// T; above 1 the model was over-confident. At an end of ``range`` the held-out images do not determine it.
    public var temperature: Double
    /// Number of held-out training images on which T is fitted.
    public var heldOutCount: Int
    /// Mean −log p(y|x) of the scaled predictions on test images, nats.
    public var testNLL: Double
    /// Expected calibration error of the scaled predictions on test images, 15 bins, 0...1.
    public var ece: Double
    /// Brier score of the scaled predictions on test images, 0...2.
    public var brier: Double

    /// The range in which T is sought.
    public static let range = 0.05...20.0

    public init(temperature: Double, heldOutCount: Int, testNLL: Double, ece: Double, brier: Double) {
        self.temperature = temperature
        self.heldOutCount = heldOutCount
        self.testNLL = testNLL
        self.ece = ece
        self.brier = brier
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        temperature = try container.number(.temperature)
        heldOutCount = try container.decode(Int.self, forKey: .heldOutCount)
        testNLL = try container.number(.testNLL)
        ece = try container.number(.ece)
        brier = try container.number(.brier)
    }
}
