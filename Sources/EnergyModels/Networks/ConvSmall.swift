extension EnergyConfiguration.Network {
    /// Table 6, left: 3 × 64, 3 × 128, 128 unpadded, two 1×1 of 128.
    public static let convSmall = Self(ConvSmall())
}

/// Gao et al. 2020, table 6, left.
struct ConvSmall: Table6 {
    let name = "conv-small"

    func build(_ network: inout NetworkBuilder) {
        block(64, in: &network)
        block(128, in: &network)
        network.dropout()
        network.convolution(128, kernel: 3)
        network.convolution(128, kernel: 1)
        network.convolution(128, kernel: 1)
        network.globalPool()
    }
}

/// What both columns of table 6 have.
protocol Table6: NetworkDesign {}

extension Table6 {
    var settings: NetworkSettings { [.pooling, .downsampling, .dropout] }

    /// Two halvings, rounded up by strides and down by pooling, must leave 3×3 to the unpadded convolution.
    func smallestSide(_ configuration: EnergyConfiguration) -> Int {
        configuration.downsampling == .stride ? 9 : 12
    }

    /// Dropout, 3×3, 3×3, and 3×3 with stride 2 or a pool.
    func block(_ width: Int, in network: inout NetworkBuilder) {
        network.dropout()
        network.convolution(width, kernel: 3, padding: 1)
        network.convolution(width, kernel: 3, padding: 1)
        switch network.configuration.downsampling {
        case .stride: network.convolution(width, kernel: 3, stride: 2, padding: 1)
        case .maxpool:
            network.convolution(width, kernel: 3, padding: 1)
            network.maxPool()
        }
    }
}
