import ArgumentParser
import Tensors

/// `--precision`: as in recipes.
struct PrecisionName: ExpressibleByArgument {
    let precision: Precision
    static let allValueStrings = Precision.allCases.map(\.rawValue)

    init?(argument: String) {
        guard let precision = Precision(rawValue: argument) else { return nil }
        self.precision = precision
    }
}
