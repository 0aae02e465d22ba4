import Methods
import Tensors
import Training

extension Recipe {
    /// The trained flow that the recipe begins with, of data of that hash; nil for a recipe that begins otherwise.
    package func keptFlow(data: String, in cache: FlowCache) throws -> KeptFlow? {
        guard phases.first?.is(FlowLikelihood.self) == true else { return nil }
        let path = cache.path(
            flowHash(data: data), precision: try Device.standard.reducedType(for: precision))
        return KeptFlow(cache: cache, path: path)
    }
}
