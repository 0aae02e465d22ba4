import EnergyModels
import Gradients
import Methods
import Networks
import Tensors
import TestSupport
import Testing

@testable import Exports

/// An energy of every kind that recipes can have, with random weights.
struct ExportedEnergy: Sendable, CustomTestStringConvertible {
    let name: String
    var extents = [18, 18, 3]
    var isPlane = false
    let change: @Sendable (inout EnergyConfiguration) -> Void

    var testDescription: String { name }

    static let all = [
        ExportedEnergy(name: "conv-small-gain-none-max") {
            ($0.base, $0.head) = (.none, .gain)
        },
        ExportedEnergy(name: "conv-small-moving-mean-standardize") {
            ($0.base, $0.pooling, $0.standardizesInput) = (.moving, .mean, true)
        },
        ExportedEnergy(name: "conv-large-batch-maxpool-logits") {
            ($0.network, $0.normalization, $0.normalizesLogits) = (.convLarge, .batch, true)
            ($0.downsampling, $0.slope, $0.priors) = (.maxpool, 0.1, [0.2, 0.3, 0.5])
        },
        ExportedEnergy(name: "conv-small-mean-only") { $0.normalization = .meanOnly },
        ExportedEnergy(name: "four-layer-batch-after-first", extents: [16, 16, 1]) {
            ($0.network, $0.normalization) = (.fourLayer, .batchAfterFirst)
        },
        ExportedEnergy(name: "four-layer-spectral", extents: [16, 16, 1]) {
            ($0.network, $0.normalization, $0.classes) = (.fourLayer, .spectral, 1)
        },
        ExportedEnergy(name: "four-layer-experts", extents: [16, 16, 3]) {
            ($0.network, $0.normalization, $0.head) = (.fourLayer, .none, .experts)
            ($0.classes, $0.experts) = (1, 7)
        },
        ExportedEnergy(name: "resnet-weight") { ($0.network, $0.pooling) = (.resnet, .mean) },
        ExportedEnergy(name: "resnet-batch") { ($0.network, $0.normalization) = (.resnet, .batch) },
        ExportedEnergy(name: "mlp-plane", extents: [1, 1, 2], isPlane: true) { $0.network = .mlp },
    ]

    let backend = ReferenceBackend()

    /// Initialised from data, then every parameter moved, so that none has a special value.
    func energy() -> ConditionalEnergy {
        var configuration = EnergyConfiguration()
        (configuration.width, configuration.classes) = (1.0 / 32, 3)
        change(&configuration)
        let energy = ConditionalEnergy(configuration, shape: Shape(extents), backend: backend, seed: 1)
        energy.initialize(with: backend.randomTensor(Shape([8] + extents), seed: 3, scale: 0.3))
        for (index, name) in energy.store.names.enumerated() where !name.contains(".spectral.") {
            let view = energy.store[name]
            let scale = name.hasSuffix(".variance") ? 0 : 0.1
            let noise = backend.randomTensor(view.shape, seed: UInt64(100 + index), scale: scale, shift: 0.05)
            backend.accumulate(noise, into: view, scale: 1)
        }
        if configuration.base == .none { energy.normalizer = 12.5 }
        return energy
    }

    var settings: EnergyGraphSettings {
        EnergyGraphSettings(extents: extents, isPlane: isPlane, energyMeaning: "nats")
    }

    /// What a file's graph is fed: bytes of images, or points.
    func input(_ count: Int) -> (values: [Double], shape: [Int]) {
        let normal = normalValues(count * extents.reduce(1, *), seed: 9)
        guard !isPlane else { return (rounded(normal, to: .float32), [count, 2]) }
        return (normal.map { min(max(($0 * 64 + 128).rounded(), 0), 255) }, [count] + extents)
    }

    /// p(y|x), f − c by class and f − c, as the model itself evaluates them in float64.
    func outputs(_ energy: ConditionalEnergy, _ input: [Double], _ count: Int) -> [String: [Double]] {
        let scaled = isPlane ? input : input.map { $0 / 256 - 0.5 + 1 / 512 }
        let pass = Pass.inference(energy.store)
        let x = pass.constant(backend.tensor(scaled, Shape([count] + extents), .float64))
        let logits = energy.logits(x, pass)
        let energies = backend.doubles(energy.logMarginal(logits, pass).value).map { $0 - energy.normalizer }
        guard energy.configuration.classes > 1 else { return ["energy": energies] }
        let posterior = backend.map(.exp, energy.logPosterior(logits, pass).value)
        return [
            "energy": energies, "probabilities": backend.doubles(posterior),
            "logits": backend.doubles(logits.value).map { $0 - energy.normalizer },
        ]
    }
}
