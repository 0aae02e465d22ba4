import Tensors

/// How a parameter starts.
public enum Initializer: Sendable, Equatable {
    case constant(Double)
    /// N(0, deviation²)
    case normal(deviation: Double)
    case values([Float])
}

/// The names, shapes and starting values of a model's parameters, collected before memory is laid out.
public struct ParameterLayout: Sendable {
    struct Entry: Sendable {
        let name: String
        let shape: Shape
        let initializer: Initializer
        let offset: Int
        let isTrained: Bool
    }

    private(set) var entries: [Entry] = []
    package private(set) var count = 0

    public init() {}

    /// - Parameters:
    ///   - name: its name in checkpoints.
    ///   - shape: its axes.
    ///   - initializer: how it starts.
    ///   - isTrained: false for what a layer keeps of past batches, which no gradient reaches.
    public mutating func declare(
        _ name: String, _ shape: Shape, _ initializer: Initializer, isTrained: Bool = true
    ) {
        precondition(!entries.contains { $0.name == name }, "parameter \(name) declared twice")
        entries.append(
            Entry(name: name, shape: shape, initializer: initializer, offset: count, isTrained: isTrained))
        count += shape.count
    }
}

/// All parameters of one model in one flat buffer, with named views. Gradients and moments are laid out alike.
public final class ParameterStore: @unchecked Sendable {
    public let backend: any Backend
    /// Every parameter, `[count]`, in order of declaration.
    public let values: Tensor
    public let names: [String]
    /// Names of the parameters that gradients reach: all but running averages and the like.
    public let trainedNames: [String]
    private let views: [String: Tensor]

    /// Draws the starting values; parameter i uses lane i of the seed's initialisation stream.
    public init(_ layout: ParameterLayout, backend: any Backend, seed: UInt64) {
        self.backend = backend
        values = backend.zeros([layout.count], backend.real)
        names = layout.entries.map(\.name)
        trainedNames = layout.entries.filter(\.isTrained).map(\.name)
        var views: [String: Tensor] = [:]
        for (index, entry) in layout.entries.enumerated() {
            let view = values.view(from: entry.offset, shape: entry.shape)
            views[entry.name] = view
            let key = RandomKey(seed: seed, purpose: .initialization, lane: index)
            backend.initialize(view, entry.initializer, key)
        }
        self.views = views
    }

    public var count: Int { values.count }

    /// The live view of a parameter: writing to it changes the model.
    public subscript(name: String) -> Tensor {
        guard let view = views[name] else { preconditionFailure("no parameter named \(name)") }
        return view
    }

    /// A copy with the same names and its own memory.
    public func duplicate() -> ParameterStore { ParameterStore(copying: self) }

    private init(copying other: ParameterStore) {
        backend = other.backend
        let values = backend.allocate(other.values.shape, other.values.type)
        backend.copy(other.values, into: values)
        self.values = values
        names = other.names
        trainedNames = other.trainedNames
        views = other.views.mapValues { view in
            values.view(from: view.offset - other.values.offset, shape: view.shape)
        }
    }
}

extension Backend {
    fileprivate func initialize(_ view: Tensor, _ initializer: Initializer, _ key: RandomKey) {
        switch initializer {
        case .constant(let value): fill(view, with: value)
        case .normal(let deviation):
            copy(affine(normal(view.shape, key: key), scale: deviation, shift: 0), into: view)
        case .values(let values): copy(tensor(values, view.shape, real), into: view)
        }
    }
}
