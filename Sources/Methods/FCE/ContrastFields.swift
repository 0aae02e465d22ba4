import Schemas
import Training

/// Keys that phases with V share.
extension SchemaField where Section: PhaseSettings {
    package static func valueWeight(_ path: Path<Double>) -> Self {
        .number("value-weight", path, .atLeast(0), "weight of V, eq. 12")
    }

    package static func draws(_ path: Path<Int>) -> Self {
        .integer(
            "draws", path, .between(0, 100),
            "cached dequantisation draws of each image; 0 draws fresh noise")
    }
}
