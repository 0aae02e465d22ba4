import Networks
import System
import Tensors

/// A checkpoint as phases write and read it: tensors and words by name. Optimisers are `NAME.optimizer.first` and
/// `.second`, flat in the order of the model's parameters, with `NAME.optimizer.step` and `.rule`.
public struct StateArchive {
    public internal(set) var file: SafetensorsFile
    private let backend: any Backend
    /// Where the file is, for errors.
    private let place: String

    package init(_ file: SafetensorsFile = SafetensorsFile(), _ backend: any Backend, at place: String = "") {
        (self.file, self.backend, self.place) = (file, backend, place)
    }

    // MARK: Writing

    public mutating func write(_ optimizer: Optimizer?, _ name: String) {
        guard let optimizer else { return }
        write(optimizer.first.reshaped([optimizer.first.count]), "\(name).optimizer.first")
        write(optimizer.second.reshaped([optimizer.second.count]), "\(name).optimizer.second")
        file.metadata["\(name).optimizer.step"] = String(optimizer.step)
        file.metadata["\(name).optimizer.rule"] = optimizer.rule.rawValue
    }

    /// Writes a tensor as float32.
    public mutating func write(_ tensor: Tensor, _ name: String) {
        file.tensors[name] = .init(floats: backend.floats(tensor), shape: tensor.shape.dimensions)
    }

    public mutating func write(word: String?, _ name: String) { file.metadata[name] = word }

    // MARK: Reading

    public func word(_ name: String) -> String? { file.metadata[name] }

    /// - Throws: `UserError(.data)` where the number is not there.
    public func integer(_ name: String) throws(UserError) -> Int {
        guard let value = file.metadata[name].flatMap({ Int($0) }) else { throw lacking(name) }
        return value
    }

    /// A tensor of the shape, in the backend's real type.
    /// - Throws: `UserError(.data)` where it is not there or has another shape.
    public func tensor(_ name: String, _ shape: Shape) throws(UserError) -> Tensor {
        guard let entry = file.tensors[name], let values = entry.floats(), entry.shape == shape.dimensions
        else { throw lacking(name) }
        return backend.tensor(values, shape, backend.real)
    }

    /// The moments and the step of `optimizer`; nil where none was written under the name.
    /// - Throws: `UserError(.data)` where they do not fit.
    public func restored(_ optimizer: Optimizer, _ name: String) throws(UserError) -> Optimizer? {
        guard file.metadata["\(name).optimizer.step"] != nil else { return nil }
        let flat: Shape = [optimizer.first.count]
        let (first, second) = (
            try tensor("\(name).optimizer.first", flat), try tensor("\(name).optimizer.second", flat)
        )
        let shape = optimizer.first.shape
        optimizer.restore(
            step: try integer("\(name).optimizer.step"), first: first.reshaped(shape),
            second: second.reshaped(shape))
        return optimizer
    }

    public func lacking(_ what: String) -> UserError {
        UserError(
            .data, "the checkpoint lacks \(what), or it does not fit the recipe", at: place,
            advice: "resume from another checkpoint, or start again in another --out")
    }
}
