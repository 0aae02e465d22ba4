import Networks
import Tensors

extension EnergyConfiguration.Network {
    /// WRN-28-2 where the width is 1: 16 channels, then four blocks each of 32, 64 and 128.
    public static let resnet = Self(ResNet())
}

/// A wide residual network of pre-activation blocks. Zagoruyko & Komodakis, *Wide Residual Networks*, 2016, table 1;
/// He et al., *Identity Mappings in Deep Residual Networks*, 2016, figure 4(e).
///
/// Batch normalisation, where the configuration asks for it, stands before activations as in the papers; otherwise
/// convolutions have biases and normalised weights. The three dropout rates are those of the three groups of blocks, and
/// act between the two convolutions of a block.
struct ResNet: NetworkDesign {
    let name = "resnet"
    let settings: NetworkSettings = [.pooling, .dropout]
    private let groups = [32, 64, 128]
    private let blocksPerGroup = 4

    func build(_ network: inout NetworkBuilder) {
        let first = NetworkBuilder.Convolution(
            "conv1", kernel: 3, inputs: network.shape.last, outputs: network.channels(16), padding: 1)
        let isNormalized = network.norm("conv1", channels: first.outputs, afterFirst: true) != nil
        network.append(network.layer(first, isNormalized: isNormalized))
        for (group, width) in groups.enumerated() {
            for block in 0..<blocksPerGroup {
                network.append(
                    Block(group: group, index: group * blocksPerGroup + block, isFirst: block == 0)
                        .layer(network.channels(width), network))
            }
        }
        network.append(
            Sequential(
                network.activation(norm: "norm", channels: network.shape.last), featureName: "activation"))
        network.globalPool()
    }
}

private struct Block {
    let group: Int
    /// The place among all blocks.
    let index: Int
    /// Whether the block is the first of its group, which may change channels and extents.
    let isFirst: Bool

    /// Where channels or extents change, branch and shortcut both read the activation; else the shortcut is the identity.
    func layer(_ outputs: Int, _ network: NetworkBuilder) -> any Layer {
        let (inputs, stride) = (network.shape.last, isFirst && group > 0 ? 2 : 1)
        let name = "block\(index + 1)"
        let before = network.activation(norm: "\(name).norm1", channels: inputs, afterFirst: index == 0)
        let branch = branch(name, inputs, outputs, stride, network)
        guard inputs != outputs || stride > 1 else {
            return Sequential([Residual(branch: before + branch)], featureName: name)
        }
        let shortcut = network.layer(
            .init("\(name).shortcut", kernel: 1, inputs: inputs, outputs: outputs, stride: stride),
            isNormalized: network.configuration.normalization.usesBatchStatistics)
        return Sequential(before + [Residual(branch: branch, shortcut: [shortcut])], featureName: name)
    }

    private func branch(
        _ name: String, _ inputs: Int, _ outputs: Int, _ stride: Int, _ network: NetworkBuilder
    ) -> [any Layer] {
        var layers = network.activated(
            .init("\(name).conv1", kernel: 3, inputs: inputs, outputs: outputs, stride: stride, padding: 1),
            norm: "\(name).norm2")
        let rates = network.configuration.dropout
        if rates.indices.contains(group), rates[group] > 0 {
            layers.append(Dropout(rate: rates[group], lane: InputNoise.lane + 1 + index))
        }
        return layers + [
            network.layer(
                .init("\(name).conv2", kernel: 3, inputs: outputs, outputs: outputs, padding: 1),
                isNormalized: network.configuration.normalization.usesBatchStatistics)
        ]
    }
}
