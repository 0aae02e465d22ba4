import Networks
import Tensors
import Testing

extension Golden {
    /// Gives every parameter of `store` the golden value of its name; `delta` and other names the file does not hold stay
    /// as they are.
    public func load(into store: ParameterStore) {
        for name in store.names where names.contains(name) {
            store.backend.copy(tensor(name, on: store.backend), into: store[name])
        }
    }

    /// Expects the flat `gradient`, in the order of `store`, to be the golden tensors `prefix` + name, one expectation for
    /// each of the store's parameters that the file holds.
    public func expectGradient(
        _ gradient: Tensor, of store: ParameterStore, prefix: String = "gradient.", relative: Double,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for name in store.names where names.contains(name) {
            let start = store[name].offset - store.values.offset
            let part = gradient.view(from: start, shape: store[name].shape)
            expectClose(
                store.backend.doubles(part), values(prefix + name), relative: relative, name,
                sourceLocation: sourceLocation)
        }
    }
}
