import System
import Tensors

/// The weights of Inception v3 as `Examples/inception.py` writes them: PyTorch's names and layouts, in float32.
package struct InceptionWeights {
    /// SHA-256 over names, shapes and values: what features of these weights are kept under.
    package let hash: String
    private let file: SafetensorsFile
    private let path: String
    private let backend: any Backend

    /// ε of the batch normalisation of all layers.
    private static let epsilon = 1e-3

    /// - Throws: `UserError(.missing)` without a file, `UserError(.data)` for one that is damaged.
    package init(path: String, backend: any Backend) throws {
        let file: SafetensorsFile
        do {
            file = try SafetensorsFile(path: path)
        } catch let error as UserError where error.kind == .missing {
            throw UserError(
                .missing, "the weights of Inception v3 are not there: \(error.what)", at: path,
                advice: "make them once with Examples/inception.py, and name them with --inception")
        }
        if let name = file.nonFiniteTensor {
            throw UserError(
                .data, "\(name) is not finite", at: path,
                advice: "make the file again with Examples/inception.py")
        }
        self.init(file, at: path, backend: backend)
    }

    package init(_ file: SafetensorsFile, at path: String, backend: any Backend) {
        (self.file, self.path, self.backend) = (file, path, backend)
        var hash = SHA256()
        for (name, entry) in file.tensors.sorted(by: { $0.key < $1.key }) {
            hash.update("\(name) \(entry.shape)\n".utf8)
            hash.update(entry.bytes)
        }
        self.hash = hash.hex()
    }

    /// The names of all layers.
    package var names: [String] {
        let suffix = ".conv.weight"
        return file.tensors.keys.filter { $0.hasSuffix(suffix) }.map { String($0.dropLast(suffix.count)) }
    }

    /// A convolution and the batch normalisation behind it as one convolution with a bias: with the running mean μ and
    /// variance σ², the weights times γ/√(σ² + ε), and β − μγ/√(σ² + ε).
    ///
    /// - Returns: weights `[kh, kw, C, O]` and bias `[O]`.
    package func layer(_ name: String) throws -> (weights: Tensor, bias: Tensor) {
        let (shape, w) = try values("\(name).conv.weight", rank: 4)
        let (gamma, beta) = (
            try channel("\(name).bn.weight", shape[0]), try channel("\(name).bn.bias", shape[0])
        )
        let mean = try channel("\(name).bn.running_mean", shape[0])
        let variance = try channel("\(name).bn.running_var", shape[0])
        let scale = zip(gamma, variance).map { Double($0) / (Double($1) + Self.epsilon).squareRoot() }
        let bias = scale.indices.map { Double(beta[$0]) - Double(mean[$0]) * scale[$0] }
        let (outputs, inputs, height, width) = (shape[0], shape[1], shape[2], shape[3])
        var turned = [Double](repeating: 0, count: w.count)
        for o in 0..<outputs {
            for c in 0..<inputs {
                for tap in 0..<height * width {
                    turned[(tap * inputs + c) * outputs + o] =
                        Double(w[(o * inputs + c) * height * width + tap]) * scale[o]
                }
            }
        }
        return (
            backend.tensor(turned, [height, width, inputs, outputs], backend.real),
            backend.tensor(bias, [outputs], backend.real)
        )
    }

    private func channel(_ name: String, _ count: Int) throws -> [Float] {
        let (shape, values) = try values(name, rank: 1)
        guard shape == [count] else { throw refusal("`\(name)` has \(shape[0]) numbers, \(count) are due") }
        return values
    }

    private func values(_ name: String, rank: Int) throws -> (shape: [Int], values: [Float]) {
        guard let entry = file.tensors[name] else { throw refusal("there is no `\(name)`") }
        guard let values = entry.floats(), entry.shape.count == rank else {
            throw refusal("`\(name)` is not float32 of rank \(rank)")
        }
        return (entry.shape, values)
    }

    package func refusal(_ what: String) -> UserError {
        UserError(
            .data, "these are not the weights of Inception v3: \(what)", at: path,
            advice: "make the file with Examples/inception.py")
    }
}
