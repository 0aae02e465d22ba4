import Methods
import Tensors
import Training

extension Recipe {
    /// The trained flow that the recipe begins with, of data of that hash; nil for a recipe that begins otherwise.
    ///
    /// - Parameter automatic: what ``Precision/auto`` means; nil: what this machine makes of it.
    package func keptFlow(
        data: String, in cache: FlowCache, automatic: Precision? = nil
    ) throws -> KeptFlow? {
        guard phases.first?.is(FlowLikelihood.self) == true else { return nil }
        let type: ScalarType =
            switch precision(automatic: automatic) {
            case .auto: try Device.standard.reducedType(for: .auto)
            case .bfloat16: .bfloat16
            case .float32: .float32
            }
        return KeptFlow(cache: cache, path: cache.path(flowHash(data: data), precision: type))
    }

    /// The precision that the recipe names, and `automatic` where it leaves that to the machine.
    package func precision(automatic: Precision?) -> Precision {
        precision == .auto ? automatic ?? .auto : precision
    }
}
